// The pure world's canary: if a package's typings leak Node or DOM globals into the pure floors,
// these two directives become unused and the build fails with TS2578.

// @ts-expect-error timers do not exist below the drivers
setTimeout;
// @ts-expect-error Buffer does not exist below the drivers
Buffer;

export {};
