import { listed } from '../../.vitepress/listed.ts'
import { filesUnder } from '../../.vitepress/source.ts'

/** A page for each source file, so that a snippet can link to the whole, without a network. */
export default {
  watch: ['../../../steps/*/src/**/*.ts', '../../../shared/*/src/**/*.ts'],
  paths() {
    const files = [...filesUnder('shared', '.ts', '.mts'), ...filesUnder('steps', '.ts', '.mts')]
    return files.filter(listed).map((file) => ({
      params: { file },
      content: `# ${file} {.file-title}\n\n<<< @/../${file}{ts anchors}`,
    }))
  },
}
