import { splitReference } from './images.js';

it.each([
  ['docker.io/library/debian:12', 'docker.io/library/debian', '12'],
  ['localhost:5000/app', 'localhost:5000/app', ''],
  ['localhost:5000/app:1@sha256:00', 'localhost:5000/app', ''],
  ['', '', ''],
])('splits %j', (reference, repository, tag) => {
  expect(splitReference(reference)).toEqual({ repository, tag });
});
