import { changed, pageOf } from '../../.vitepress/changes.ts'

/** For each step but the first, a page that sets its code beside that of the step before. */
export default {
  watch: ['../../steps/*/ideas.ts', '../../../steps/*/**/*.ts'],
  paths: () => changed.map((step) => ({ params: { step: step.folder }, content: pageOf(step) })),
}
