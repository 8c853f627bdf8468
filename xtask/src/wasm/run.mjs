// Runs one WebAssembly program with its standard output. Never gives it a file or the network.
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

const wasi = new WASI({ version: 'preview1' });
const program = await WebAssembly.compile(await readFile(process.argv[1]));
wasi.start(await WebAssembly.instantiate(program, wasi.getImportObject()));
