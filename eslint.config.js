import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const erased = 'Node runs this source by erasing its types, and this would have to be compiled.'
const imports =
  ':matches(ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression)'
const concurrent =
  ':has(:matches(MemberExpression[property.name=concurrent], Property[key.name=concurrent]))'
const importedExpect = ':has(ImportSpecifier[imported.name=expect])'

export default defineConfig(
  {
    ignores: [
      '**/node_modules',
      '.trials*',
      'exercises',
      '**/coverage',
      '**/.turbo',
      'docs/api',
      'docs/.vitepress/.temp',
      'docs/.vitepress/cache',
      'docs/.vitepress/dist',
    ],
  },
  {
    files: ['**/*.{ts,mts,js,mjs}'],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parser: tseslint.parser },
    rules: {
      eqeqeq: ['error', 'smart'],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: `${imports} > Literal.source[value=/^\\.{1,2}\\/.*\\.js$/]`,
          message: 'Name the file that exists: Node does not find ./x.js when there is ./x.ts.',
        },
        {
          selector: `${imports} > Literal.source[value=/^\\.{1,2}\\/(?!.*\\.\\w+$)/]`,
          message: 'A relative import needs the extension of the file.',
        },
        {
          // That one asks which test began last, and finds none when another has just ended.
          selector: `Program${concurrent}${importedExpect} MemberExpression[object.name=expect][property.name=poll]`,
          message: 'Tests that run at once poll with the expect of their own context.',
        },
        {
          selector:
            'MemberExpression[property.name=pathname][object.callee.name=URL]:has(MetaProperty)',
          message: 'On Windows, and with a space in it, this is no path: take fileURLToPath.',
        },
        { selector: 'TSEnumDeclaration', message: `No enum. ${erased}` },
        { selector: 'TSParameterProperty', message: `No parameter property. ${erased}` },
        { selector: 'TSModuleDeclaration[kind=namespace]', message: `No namespace. ${erased}` },
        { selector: 'TSImportEqualsDeclaration', message: `No import =. ${erased}` },
        { selector: 'TSExportAssignment', message: `No export =. ${erased}` },
      ],
    },
  },
  {
    files: ['**/*.{ts,mts}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/no-empty-object-type': ['error', { allowObjectTypes: 'always' }],
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // An async function without await turns what is thrown into a rejection.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Tests and measurements take in what others send, as it comes.
    files: ['test/**', '**/test/**'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
    },
  },
)
