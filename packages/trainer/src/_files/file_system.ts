import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** The functions of `node:fs/promises` that are used: replaced in tests, to let them fail. */
export interface FileSystem {
  readonly mkdir: typeof mkdir;
  readonly open: typeof open;
  readonly readdir: typeof readdir;
  readonly readFile: typeof readFile;
  readonly rename: typeof rename;
  readonly rm: typeof rm;
}

/** The file system of this machine. */
export const nodeFiles: FileSystem = { mkdir, open, readdir, readFile, rename, rm };

/** Writes a new file; it is on the disk, not in a cache, when the promise is fulfilled. */
export async function writeDurably(files: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Puts the names in a folder on the disk: without it a crash of the machine can undo a rename. */
export async function flushFolder(files: FileSystem, path: string): Promise<void> {
  // Windows opens no folders; its file systems write their journal in order.
  if (process.platform === "win32") return;
  const folder = await files.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Moves a folder away at once, then deletes it: no reader ever sees a part of it under its name. */
export async function removeFolder(files: FileSystem, parent: string, name: string, asideName: string): Promise<void> {
  const aside = join(parent, asideName);
  await files.rm(aside, { recursive: true, force: true });
  try {
    await files.rename(join(parent, name), aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await files.rm(aside, { recursive: true, force: true });
}
