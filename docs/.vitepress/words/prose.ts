/** What is no prose, in the order in which it is taken out. */
const other = [
  /^---\r?\n[\s\S]*?^---$/m, // front matter
  /^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^ *\2`*~*[^\S\n]*$/gm, // fences
  /^[^\S\n]*(?:<<<|:::).*$/gm, // snippets and containers
  /\{at="[^"]*"\}/g, // what a paragraph of a walk points at
  /<!--[\s\S]*?-->/g,
  /(`+)[^`][\s\S]*?\1/g, // code in a sentence
  /<\/?[a-zA-Z][^<>]*>/g, // tags; what stands between them stays
  /\]\([^)]*\)/g, // where a link leads
  /\{[^{}\n]*\}/g, // attributes
]

/**
 * What a reader reads of a page. All else (code, commands, tags, where links lead) is replaced by
 * spaces, so that every character and every line stays where it was. A Markdown parser (markdown-it,
 * remark) would know more of Markdown, but gives tokens that have lost their columns.
 */
export function proseOf(markdown: string): string {
  return other.reduce((text, pattern) => text.replace(pattern, hide), markdown)
}

/** The same length, and the same lines, with nothing in them. */
export function hide(text: string): string {
  return text.replace(/[^\r\n]/g, ' ')
}

/** The line of a place in a text, counted from 1. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length
}
