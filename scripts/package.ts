// `npm run package`: builds everything and packages it into tuning-fork.vsix.
import { build, packageExtension } from './lib/packageExtension.ts';

console.log(await build());
console.log(await packageExtension());
