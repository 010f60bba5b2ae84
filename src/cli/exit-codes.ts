// The exit codes of every command. Stable: scripts depend on them. Where aria2 has a code for the same
// thing, the number is aria2's, so that a wrapper written for one reads the other.

export const EXIT = {
  /** All went well. */
  OK: 0,
  /** A bug in Headwater, or a failure that has no code of its own. */
  UNEXPECTED: 1,
  /** A file named on the command line does not exist. */
  NOT_FOUND: 3,
  /** No source could be reached, or the address to listen on cannot be used. */
  NETWORK: 6,
  /** The sources were lost, or hold too little between them. What was fetched is kept. */
  UNFINISHED: 7,
  /** The disk is full. What was fetched is kept. */
  DISK_FULL: 9,
  /** Another process is working on the same output. */
  LOCKED: 11,
  /** The output exists already and --force was not given. */
  EXISTS: 13,
  /** A file could not be read or written. */
  FILE: 17,
  /** The content descriptor is damaged, or is not the one that was asked for. */
  DESCRIPTOR: 26,
  /** The link cannot be understood. */
  LINK: 27,
  /** An unknown option or command, or a value that makes no sense. */
  USAGE: 28,
  /** The data does not have the hash that the descriptor promises. */
  CHECKSUM: 32,
  /** Stopped by Ctrl-C (128 + SIGINT). What was fetched is kept. */
  INTERRUPTED: 130,
  /** Stopped by SIGTERM (128 + 15). What was fetched is kept. */
  TERMINATED: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
