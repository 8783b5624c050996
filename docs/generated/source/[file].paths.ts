import { listed } from '../../.vitepress/listed.ts'
import { filesUnder } from '../../.vitepress/source.ts'
import { testsShown } from '../../.vitepress/tests.ts'

/** A page for each source file, and for tests that a page links to, so that one can see the whole without a network. */
export default {
  watch: ['../../../steps/*/src/**/*.ts', '../../../shared/*/src/**/*.ts', '../../../steps/*/test/*.test.ts'],
  paths() {
    const files = [...filesUnder('shared', '.ts', '.mts'), ...filesUnder('steps', '.ts', '.mts')]
    return [...files.filter(listed), ...testsShown()].map((file) => ({
      params: { file },
      content: `# ${file} {.file-title}\n\n<<< @/../${file}{ts anchors}`,
    }))
  },
}
