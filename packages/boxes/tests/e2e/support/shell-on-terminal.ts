import { InteractiveBox } from '@boxlite/boxes';

/** A shell on the terminal of this process. */
await using box = new InteractiveBox({ memoryMib: 256 });
await box.start();
const { exitCode } = await box.wait();
console.log(`ended with ${String(exitCode)}`);
