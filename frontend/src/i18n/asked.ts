// Which keys the screens ask for, read from their source by the compiler that knows their types: a key
// built at run time from a finite set of words is asked for with each of them.
import { dirname, join } from 'node:path';
import ts from 'typescript';

export interface Asked {
  /** Where it is asked for, as src/routes/Home.tsx:185. */
  at: string;
  file: string;
  /** Every key it may be; a hole that may be any word is a star. */
  keys: string[];
}

const ANY = '*';
const MOST = 500;

/** Everything that a call of `t` asks for in the source below this folder. */
export function askedKeys(root: string): { asked: Asked[]; atStart: Set<string> } {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const own = program
    .getSourceFiles()
    .filter((file) => file.fileName.startsWith(join(root, 'src')) && !isTest(file.fileName));
  const asked: Asked[] = [];
  for (const file of own) {
    const name = file.fileName.slice(root.length + 1);
    const visit = (node: ts.Node) => {
      const first = ts.isCallExpression(node) && isT(node.expression) && node.arguments[0];
      if (first) {
        const line = file.getLineAndCharacterOfPosition(first.getStart()).line + 1;
        asked.push({ at: `${name}:${line}`, file: name, keys: wordsOf(first, checker) });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return { asked, atStart: startedWith(program, root) };
}

function isTest(path: string): boolean {
  return path.includes('.test.');
}

function isT(callee: ts.Expression): boolean {
  return ts.isIdentifier(callee) && callee.text === 't';
}

/** What an expression may say, each hole that is no finite set as a star. */
function wordsOf(expression: ts.Expression, checker: ts.TypeChecker): string[] {
  if (ts.isParenthesizedExpression(expression)) return wordsOf(expression.expression, checker);
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isConditionalExpression(expression))
    return [expression.whenTrue, expression.whenFalse].flatMap((one) => wordsOf(one, checker));
  if (ts.isTemplateExpression(expression))
    return expression.templateSpans.reduce(
      (begun, span) => {
        const words = wordsOf(span.expression, checker);
        const all = begun.flatMap((head) => words.map((word) => head + word + span.literal.text));
        return all.length > MOST ? begun.map((head) => head + ANY + span.literal.text) : all;
      },
      [expression.head.text],
    );
  const type = checker.getNonNullableType(checker.getTypeAtLocation(expression));
  const parts = type.isUnion() ? type.types : [type];
  const finite = parts.every((part) => part.isStringLiteral() || isBoolean(part));
  return finite ? parts.map((part) => wordOf(part, checker)) : [ANY];
}

function isBoolean(type: ts.Type): boolean {
  return (type.flags & ts.TypeFlags.BooleanLiteral) !== 0;
}

function wordOf(type: ts.Type, checker: ts.TypeChecker): string {
  return type.isStringLiteral() ? type.value : checker.typeToString(type);
}

/** The files that are there before any screen's words are: what main.tsx imports without waiting. */
function startedWith(program: ts.Program, root: string): Set<string> {
  const found = new Set<string>();
  const follow = (path: string) => {
    const file = program.getSourceFile(path);
    const name = path.slice(root.length + 1);
    if (!file || found.has(name)) return;
    found.add(name);
    for (const statement of file.statements) {
      if (!ts.isImportDeclaration(statement)) continue;
      const from = (statement.moduleSpecifier as ts.StringLiteral).text;
      if (!from.startsWith('.')) continue;
      for (const ending of ['.tsx', '.ts', '/index.ts']) follow(join(dirname(path), from) + ending);
    }
  };
  follow(join(root, 'src/main.tsx'));
  return found;
}
