// What the compiler and test/tidy.test.ts cannot see: promises nobody waits for, switches with a hole,
// functions too long to read. Import order and bans per floor are tidy's alone: in a flat config a later
// entry replaces a rule's options, so a ban set in two places is a ban that silently goes away.

import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Rules that hold everywhere, JavaScript and TypeScript alike. */
const everywhere = {
  eqeqeq: ['error', 'always'],
  'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
  'no-duplicate-case': 'error',
  'no-empty': 'error',
  'no-fallthrough': 'error',
  'no-loss-of-precision': 'error',
  'no-self-assign': 'error',
  'no-self-compare': 'error',
  'no-sparse-arrays': 'error',
  'no-unsafe-finally': 'error',
  'no-useless-catch': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'use-isnan': 'error',
  'valid-typeof': 'error',
};

/** Needs types: only for files that a tsconfig of this repository includes. */
const typed = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true },
  ],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  // What was caught is `unknown`; passing it on is no new throw.
  '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true }],
  '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
  '@typescript-eslint/restrict-template-expressions': [
    'error',
    { allowNumber: true, allowBoolean: true },
  ],
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' },
  ],
};

/** What Node gives a program without an import. */
const nodeGlobals = Object.fromEntries(
  (
    'AbortController AbortSignal Blob Buffer Event EventTarget MessageChannel TextDecoder TextEncoder ' +
    'URL URLSearchParams WebAssembly clearInterval clearTimeout console crypto fetch globalThis ' +
    'performance process queueMicrotask setImmediate setInterval setTimeout structuredClone'
  )
    .split(' ')
    .map((name) => [name, 'readonly']),
);

const TYPESCRIPT = ['**/*.ts'];
const JAVASCRIPT = ['**/*.js', '**/*.mjs'];
/** TypeScript that no tsconfig of this repository includes: own package.json, own lock file. */
const UNTYPED = ['bench/compare/**/*.ts'];

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'bench/results/', 'coverage/', 'tools/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: [...TYPESCRIPT, ...JAVASCRIPT], rules: everywhere },
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: typed,
  },
  {
    files: JAVASCRIPT,
    languageOptions: { globals: nodeGlobals, ecmaVersion: 2024, sourceType: 'module' },
    rules: {
      'no-undef': 'error',
      'no-unreachable': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
    },
  },
  { files: UNTYPED, extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines-per-function': ['warn', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Typed-array reads are `T | undefined` to the compiler; where they are the inner loop, `!` is honest.
    files: ['src/kernel/**', 'src/fountain/**', 'test/**', 'bench/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // Tests and benches read JSON and stub interfaces; the compiler still checks what has a type.
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-sparse-arrays': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // The canary is nothing but two expressions without effect.
    files: ['src/base/canary.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
);
