#!/usr/bin/env python3
"""Follows every recipe of README.md in a copy of the tree, builds it, and looks for the new rows.

    tests/recipes/check_recipes.py                 all recipes
    tests/recipes/check_recipes.py mode verb       some of them
    tests/recipes/check_recipes.py --steps-only    whether they still fit the tree, without building
    options: --scratch FOLDER (kept afterwards), -j N, --with-window, --with-ranks

A recipe is a file <name>.recipe beside this one. Its lines that begin with @@ are

    @@ step N PATH            what follows is done to this file
    @@ new                    the file is made of the lines that follow
    @@ after / @@ insert      the second lines are put behind the first, which stand in the file once
    @@ replace / @@ with      the first lines, which stand in the file once, become the second
    @@ only with window       what follows is built and run with --with-window alone; likewise: ranks
    @@ build TARGETS          ninja's targets
    @@ run COMMAND            run in the build folder; must exit with 0, or with the code in "@@ run 3 COMMAND"
    @@ expect TEXT            stands in what the last command printed

It ends with a sentence that names recipe and step where a step does not fit the tree, and where the
list in README.md and the steps of the recipe name different files.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Failure(Exception):
    pass


class Step:
    def __init__(self, number, path):
        self.number = number
        self.path = path
        self.edits = []  # (kind, lines, lines)


class Recipe:
    def __init__(self, file):
        self.name = file.stem
        self.steps = []
        self.targets = []  # (need, targets)
        self.runs = []  # [need, code, command, [texts]]
        block = None
        need = ''
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if not line.startswith('@@'):
                if block is not None:
                    block.append(line)
                elif line and not line.startswith('#'):
                    raise Failure(f'{file.name}:{number}: a line outside of a step: {line}')
                continue
            word, _, rest = line[2:].strip().partition(' ')
            block = None
            if word == 'step':
                step, path = rest.split(' ')
                self.steps.append(Step(int(step), path))
            elif word in ('new', 'after', 'replace'):
                block = []
                self.steps[-1].edits.append((word, block, []))
            elif word in ('insert', 'with'):
                block = self.steps[-1].edits[-1][2]
            elif word == 'only':
                need = rest.removeprefix('with ')
            elif word == 'build':
                self.targets.append((need, rest.split()))
            elif word == 'run':
                code, _, command = rest.partition(' ')
                code, command = (int(code), command) if code.isdigit() else (0, rest)
                self.runs.append([need, code, command, []])
            elif word == 'expect':
                self.runs[-1][3].append(rest)
            else:
                raise Failure(f'{file.name}:{number}: unknown word "{word}"')

    def apply(self, tree):
        for step in self.steps:
            file = tree / step.path
            where = f'recipe "{self.name}", step {step.number} ({step.path})'
            for kind, first, second in step.edits:
                if kind == 'new':
                    if file.exists():
                        raise Failure(f'{where}: the file exists already')
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text('\n'.join(first) + '\n')
                    continue
                if not file.exists():
                    raise Failure(f'{where}: there is no such file any more; mend README.md and '
                                  f'tests/recipes/{self.name}.recipe')
                text = '\n' + file.read_text()
                wanted = '\n' + '\n'.join(first) + '\n'
                count = text.count(wanted)
                if count != 1:
                    raise Failure(f'{where}: the lines below stand in the file {count} times '
                                  f'instead of once; mend README.md and '
                                  f'tests/recipes/{self.name}.recipe\n' + '\n'.join(first))
                new = '\n'.join(first + second if kind == 'after' else second)
                file.write_text(text.replace(wanted, '\n' + new + '\n')[1:])


def listed_paths(name):
    """Step number -> paths that README.md's list for the recipe names in it."""
    paths, section, step = {}, False, 0
    for line in (ROOT / 'README.md').read_text().splitlines():
        if line.startswith('#'):
            section = line.strip() == f'#### Add a {name.replace("-", " ")}'
            continue
        if not section:
            continue
        number = re.match(r'(\d+)\. ', line)
        if number:
            step = int(number.group(1))
        elif not line.startswith('   '):
            step = 0
        if step:
            found = re.findall(r'`([A-Za-z0-9_./<>-]+/[A-Za-z0-9_.<>-]+)`', line)
            paths.setdefault(step, []).extend(found)
    if not paths:
        raise Failure(f'README.md has no list under "#### Add a {name.replace("-", " ")}"')
    return paths


def check_list(recipe):
    """Every file of a step stands in the item of README.md with its number, and the other way round."""
    listed = listed_paths(recipe.name)

    def matches(pattern, path):
        return re.fullmatch(re.sub(r'<[^>]*>', '[A-Za-z0-9_]+', re.escape(pattern)
                                   .replace(r'\<', '<').replace(r'\>', '>')), path)

    for step in recipe.steps:
        if not any(matches(pattern, step.path) for pattern in listed.get(step.number, [])):
            raise Failure(f'recipe "{recipe.name}", step {step.number}: {step.path} does not stand '
                          f'in item {step.number} of the list in README.md')
    for number, patterns in listed.items():
        paths = [step.path for step in recipe.steps if step.number == number]
        for pattern in patterns:
            if not any(matches(pattern, path) for path in paths):
                raise Failure(f'README.md, "Add a {recipe.name}", item {number}: {pattern} is not '
                              f'touched by step {number} of tests/recipes/{recipe.name}.recipe')


def tracked_files():
    listed = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
                            cwd=ROOT, capture_output=True)
    if listed.returncode:
        raise Failure('the tree is copied by what git tracks, and this is no git checkout')
    return listed.stdout.decode().split('\0')


def copy_files(names, target):
    for name in names:
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def run(recipe, has, build):
    for need, code, command, texts in recipe.runs:
        if not has[need]:
            continue
        print(f'{recipe.name}: {command}', flush=True)
        ended = subprocess.run(command, shell=True, cwd=build, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env={**os.environ, 'QT_QPA_PLATFORM': 'offscreen'})
        if ended.returncode != code:
            raise Failure(f'recipe "{recipe.name}": `{command}` exited with {ended.returncode} '
                          f'instead of {code}:\n{ended.stdout[-4000:]}')
        for text in texts:
            if text not in ended.stdout:
                raise Failure(f'recipe "{recipe.name}": `{command}` does not print "{text}":\n'
                              f'{ended.stdout[-4000:]}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('names', nargs='*')
    parser.add_argument('--steps-only', action='store_true')
    parser.add_argument('--with-window', action='store_true')
    parser.add_argument('--with-ranks', action='store_true')
    parser.add_argument('--scratch', type=pathlib.Path)
    parser.add_argument('-j', default=str(os.cpu_count()))
    options = parser.parse_args()

    recipes = [Recipe(file) for file in sorted(HERE.glob('*.recipe'))]
    unknown = set(options.names) - {recipe.name for recipe in recipes}
    if unknown:
        raise Failure(f'there is no recipe {", ".join(sorted(unknown))}')
    recipes = [recipe for recipe in recipes if not options.names or recipe.name in options.names]
    has = {'': True, 'window': options.with_window, 'ranks': options.with_ranks}

    scratch = options.scratch or pathlib.Path(tempfile.mkdtemp(prefix='ringscope-recipes-'))
    tree = scratch / 'tree'
    try:
        if tree.exists():
            shutil.rmtree(tree)
        tree.mkdir(parents=True)
        touched = [step.path for recipe in recipes for step in recipe.steps]
        copy_files(touched if options.steps_only else tracked_files(), tree)
        for recipe in recipes:
            check_list(recipe)
            recipe.apply(tree)
            print(f'{recipe.name}: {len(recipe.steps)} steps fit the tree', flush=True)
        if options.steps_only:
            return
        build = tree / 'build'  # as deep as a checkout's, so that a compiler cache knows its files
        configure = ['cmake', '--preset', 'release', '-S', tree, '-B', build, '-DRINGSCOPE_CUDA=OFF',
                     f'-DRINGSCOPE_GUI={"ON" if options.with_window else "OFF"}',
                     f'-DRINGSCOPE_RANK={"ON" if options.with_ranks else "OFF"}']
        ended = subprocess.run(configure, cwd=tree, text=True, capture_output=True)
        if ended.returncode:
            raise Failure('the tree with the new rows cannot be configured:\n' + ended.stderr[-4000:])
        targets = sorted({target for recipe in recipes for need, targets in recipe.targets
                          if has[need] for target in targets})
        ended = subprocess.run(['ninja', '-C', build, '-j', options.j, *targets], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if ended.returncode:
            raise Failure('the tree with the new rows does not build:\n' + ended.stdout[-6000:])
        for recipe in recipes:
            run(recipe, has, build)
            print(f'{recipe.name}: the new row is seen', flush=True)
    finally:
        if not options.scratch:
            shutil.rmtree(scratch, ignore_errors=True)


if __name__ == '__main__':
    try:
        main()
    except Failure as failure:
        sys.exit(f'recipes: {failure}')
