/**
 * Disks that can be made to refuse writes. There are two kinds: a small file system that is really full, if this user may mount one, and a
 * limit of the system on the size of the station's files.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder whose disk can be made to refuse. */
export interface Disk {
  /** The data folder of a station. */
  readonly data: string;
  /** @param pid of the station */
  refuse(pid: number | undefined): void;
  relent(pid: number | undefined): void;
  /** Removes it. */
  end(): void;
}

const FILE_SYSTEM_BYTES = 33_554_432;
/** The limit leaves the log of the database less room than the next pushes need. */
const LIMIT_ROOM_BYTES = 300;

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: "pipe" });

/** @param bytes of the whole file system */
export function fullFileSystem(bytes = FILE_SYSTEM_BYTES): Disk {
  const mount = mkdtempSync(join(tmpdir(), "fieldpager-disk-"));
  try {
    run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", mount);
  } catch (error) {
    rmSync(mount, { recursive: true });
    throw error;
  }
  const ballast = join(mount, "ballast");
  return {
    data: join(mount, "data"),
    refuse() {
      for (let part = 1_048_576; part >= 1; part /= 2) {
        try {
          for (;;) appendFileSync(ballast, Buffer.alloc(part));
        } catch {
          // So many bytes do not fit. Fewer may fit.
        }
      }
    },
    relent: () => rmSync(ballast),
    end() {
      run("umount", "-l", mount);
      rmSync(mount, { recursive: true });
    },
  };
}

export function limitedFiles(): Disk {
  const folder = mkdtempSync(join(tmpdir(), "fieldpager-disk-"));
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  const limit = (pid: number | undefined, bytes: string) => run("prlimit", "--pid", `${pid}`, `--fsize=${bytes}:`);
  return {
    data,
    refuse: (pid) => limit(pid, String(statSync(join(data, "station.db-wal")).size + LIMIT_ROOM_BYTES)),
    relent: (pid) => limit(pid, "unlimited"),
    end: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** The kinds of disk that this machine and this user have, by name. */
export function usableDisks(): readonly (readonly [name: string, make: (bytes?: number) => Disk])[] {
  const works = (attempt: () => void) => {
    try {
      attempt();
      return true;
    } catch {
      return false;
    }
  };
  return [
    ...(works(() => fullFileSystem().end()) ? [["a full file system", fullFileSystem] as const] : []),
    ...(works(() => run("prlimit", "--version")) ? [["a limit on its files", limitedFiles] as const] : []),
  ];
}
