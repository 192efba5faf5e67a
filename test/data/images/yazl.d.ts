/** The part of `yazl` that the tests use; the package has no types of its own. */
declare module "yazl" {
  export class ZipFile {
    readonly outputStream: NodeJS.ReadableStream;
    addBuffer(
      bytes: Buffer,
      path: string,
      options?: { compress?: boolean; forceZip64Format?: boolean; mode?: number },
    ): void;
    addEmptyDirectory(path: string): void;
    end(options?: { forceZip64Format?: boolean }): void;
  }
}
