// A program that uses BoxLite as a user's does, from the built package: one Box, idle. Its memory is measured from outside.
// Arguments: the home. Sends the VMM's process id; ends when the channel is closed. Without arguments: a Node that only waits.
const [home] = process.argv.slice(2);
let close = () => Promise.resolve();
let pid = null;
if (home !== undefined) {
  const { BoxliteRuntime } = await import('@boxlite/core');
  const runtime = await BoxliteRuntime.open({ home });
  const box = await runtime.create();
  close = async () => {
    await box.remove({ force: true });
    await runtime.close();
  };
  await box.run('true', [], { check: true });
  ({ pid } = await box.info());
}
process.once('disconnect', () => void close().then(() => process.exit(0)));
process.send({ pid });
