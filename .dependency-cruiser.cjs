/**
 * Layers, each importing only from those to its left:
 * shared → vmm → shim, agent → core → bridge, boxes, apps.
 */
const layers = [
  { name: 'shared', may: [] },
  { name: 'vmm', may: ['shared'] },
  { name: 'shim', may: ['shared', 'vmm'] },
  { name: 'agent', may: ['shared', 'vmm'] },
  { name: 'core', may: ['shared', 'vmm', 'shim', 'agent'] },
  { name: 'bridge', may: ['shared', 'vmm', 'core'] },
  { name: 'boxes', may: ['core'] },
];

const packagePath = (name) => `^packages/${name}/`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other cannot be understood or tested one at a time.',
      severity: 'error',
      from: {},
      // An import of types alone is gone when the code runs.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...layers.map(({ name, may }) => ({
      name: `layer-${name}`,
      comment: `@boxlite/${name} stands on ${may.join(', ') || 'nothing'}; an import the other way makes the layers one lump.`,
      severity: 'error',
      from: { path: `${packagePath(name)}src/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^(packages|apps|tooling)/', pathNot: [name, ...may].map((allowed) => `^packages/${allowed}/`) },
    })),
    {
      name: 'apps-use-core',
      comment: 'An application gets everything from the public API; what it lacks there, other applications lack too.',
      severity: 'error',
      from: { path: '^apps/[^/]+/src/' },
      to: { path: '^packages/(?!core/|shared/)' },
    },
    {
      name: 'front-door',
      comment: 'Another package is imported by its name, so that its exports map says what may be. A relative path goes round that.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|apps/[^/]+|tooling/[^/]+)/' },
      to: { path: '^(packages|apps)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-tests-imported',
      comment: 'Product code must not need test code.',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$|/tests/' },
      to: { path: '\\.test\\.ts$|^packages/[^/]+/tests/' },
    },
    {
      name: 'testbed-only-in-tests',
      comment: 'The testbed starts registries and makes images; only tests and benchmarks may.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^tooling/' },
    },
    {
      name: 'resolvable',
      comment: 'An import that cannot be resolved is a missing dependency or a typing error.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'A package imports what its own package.json names, or it breaks when installed alone.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/dist/', '/src/generated/', '\\.d\\.ts$', '/assets/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['@boxlite/source', 'import', 'node', 'default', 'types'] },
  },
};
