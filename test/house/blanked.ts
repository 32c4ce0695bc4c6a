/** TypeScript with its comments, and if wanted its strings, blanked out: what is left stands where it stood. */

/** What to blank besides comments. */
export interface Blanking {
  /** Also what stands in quotes, templates and regular expressions; the quotes stay. */
  readonly strings: boolean;
}

/** A slash after this begins a regular expression, not a division. */
const BEFORE_REGEX = /(^|[(,=:[!&|?{};+\-*%<>~^]|=>|\b(return|typeof|case|in|of|void|delete|throw|new|await))\s*$/;

const STRING_END: Readonly<Record<string, RegExp>> = {
  '"': /(?:[^"\\\n]|\\[\s\S])*/y,
  "'": /(?:[^'\\\n]|\\[\s\S])*/y,
};
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const REGEX_BODY = /(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;

function spaces(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? "";
}

class Scanner {
  readonly #text: string;
  readonly #blanking: Blanking;
  #index = 0;
  #out = "";
  /** Open braces of every `${` that the scanner is in. */
  readonly #braces: number[] = [];

  constructor(text: string, blanking: Blanking) {
    this.#text = text;
    this.#blanking = blanking;
  }

  scan(): string {
    while (this.#index < this.#text.length) this.#step(this.#text[this.#index] ?? "");
    return this.#out;
  }

  #step(char: string): void {
    const comment = char === "/" ? matchAt(COMMENT, this.#text, this.#index) : "";
    const end = STRING_END[char];
    if (comment !== "") this.#take(spaces(comment));
    else if (end !== undefined) this.#quoted(char, end);
    else if (char === "`") this.#template();
    else if (char === "/" && BEFORE_REGEX.test(this.#out.slice(-40))) this.#regex();
    else this.#plain(char);
  }

  #take(text: string): void {
    this.#out += text;
    this.#index += text.length;
  }

  #hidden(text: string): void {
    this.#take(this.#blanking.strings ? spaces(text) : text);
  }

  #quoted(quote: string, end: RegExp): void {
    this.#take(quote);
    this.#hidden(matchAt(end, this.#text, this.#index));
    if (this.#text[this.#index] === quote) this.#take(quote);
  }

  #regex(): void {
    this.#take("/");
    this.#hidden(matchAt(REGEX_BODY, this.#text, this.#index));
    if (this.#text[this.#index] === "/") this.#take("/");
  }

  /** From a backquote, or from the brace that ends a `${`, to the next of the like. */
  #template(): void {
    this.#take(this.#text[this.#index] ?? "");
    this.#hidden(matchAt(TEMPLATE_PART, this.#text, this.#index));
    if (this.#text[this.#index] === "`") this.#take("`");
    else if (this.#index < this.#text.length) {
      this.#take("${");
      this.#braces.push(0);
    }
  }

  #plain(char: string): void {
    const open = this.#braces.at(-1);
    if (open !== undefined && char === "}" && open === 0) {
      this.#braces.pop();
      this.#template();
      return;
    }
    if (open !== undefined && char === "{") this.#braces[this.#braces.length - 1] = open + 1;
    if (open !== undefined && char === "}") this.#braces[this.#braces.length - 1] = open - 1;
    this.#take(char);
  }
}

/** As long as `text`, and every line where it was. */
export function blanked(text: string, blanking: Blanking): string {
  return new Scanner(text, blanking).scan();
}
