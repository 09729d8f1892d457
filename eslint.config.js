import tseslint from 'typescript-eslint';

/** One set of rules for the whole workspace: typescript-eslint's strictest, less what argues with this code's ways. */
export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/generated/',
      '**/target/',
      '**/assets/',
      '**/.cache/',
      '**/.turbo/',
      '**/coverage/',
      'packages/vmm/src/native.d.ts',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An arrow function that returns the result of a void call is this code's usual short form.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Names that exist to be ignored are written with an underscore.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' }],
      // It takes a value for unchanged that a callback, or whatever ran during an await, did change.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Numbers and booleans read well in messages.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `'pipe' | 'closed' | string` tells the reader more than `string`.
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      // `this: void` says that a method may be taken off its object.
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      // Namespaced constants and a class with only static parts are the API's form (`BoxliteRuntime.open`).
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
  {
    files: ['**/*.test.ts', '**/tests/**/*.ts'],
    rules: {
      // A test states what is there; if it is not, the test fails, which is what it is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Jest's matchers are typed with any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      // Tests send what the types forbid, as a hostile peer would.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      'no-console': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Programs talk to their user on the console.
    files: ['apps/**/*.ts', 'examples/**/*.ts', 'tooling/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // Configuration files belong to no TypeScript project.
    files: ['**/tsup.config.ts', 'tooling/presets/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { '@typescript-eslint/switch-exhaustiveness-check': 'off' },
  },
);
