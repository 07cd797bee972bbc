// What the server says in a sentence, in the reader's language. Failures are stored as the sentence that
// an operator can act on, in English. Each of its sentences stands under a name in the words' files, with
// holes for its values, so that a stored one finds its name and its values again. The words of others are
// left as they are and said to be theirs.

export type Sentences = Record<string, string>;

interface Pattern {
  name: string;
  matches: RegExp;
  holes: string[];
}

export interface Found {
  name: string;
  values: Record<string, string>;
}

const HOLE = /{{(\w+)}}/;

/** Finds which sentence a text is and what its values are; the most particular sentence wins. */
export function finder(sentences: Sentences): (text: string) => Found | undefined {
  const patterns = Object.entries(sentences)
    .sort(([, one], [, other]) => weight(other) - weight(one))
    .map(([name, sentence]) => pattern(name, sentence));
  return (text) => {
    for (const { name, matches, holes } of patterns) {
      const found = matches.exec(text);
      if (found) return { name, values: valuesOf(holes, found) };
    }
    return undefined;
  };
}

function valuesOf(holes: string[], found: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(holes.map((hole, at) => [hole, found[at + 1] ?? '']));
}

/** How much of a sentence is its own words: one with more of them says more about a text. */
function weight(sentence: string): number {
  return sentence.replaceAll(new RegExp(HOLE, 'g'), '').length;
}

function pattern(name: string, sentence: string): Pattern {
  const parts = sentence.split(HOLE);
  const holes = parts.filter((_part, at) => at % 2 === 1);
  const source = parts.map((part, at) => (at % 2 === 1 ? '(.+?)' : escaped(part))).join('');
  return { name, matches: new RegExp(`^${source}$`, 's'), holes };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
