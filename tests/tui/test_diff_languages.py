"""Real lines of many languages get the colours that their readers expect."""

from __future__ import annotations

import pytest

from tui.diff.colour import Tone, line_tones

K, S, C, N, NAME = Tone.KEYWORD, Tone.STRING, Tone.COMMENT, Tone.NUMBER, Tone.NAME

SNIPPETS = [
    ("a.py", "async def go(x: int) -> None:  # note", {"async": K, "# note": C}),
    ("a.pyi", "def go(x: int = ...) -> str: ...", {"def": K}),
    ("a.js", "const a = `x`; // note", {"const": K, "// note": C}),
    ("a.mjs", "export default function go() {}", {"export": K}),
    ("a.jsx", "const a = <b>{1}</b>;", {"const": K}),
    ("a.ts", "interface Point { x: number }", {"interface": K}),
    ("a.mts", "type A = 'x' | 'y';", {"'x'": S}),
    ("a.tsx", "return <Box size={12} />;", {"return": K}),
    ("a.go", "func Take(n int) bool { return true }", {"func": K}),
    ("go.mod", "// indirect", {"// indirect": C}),
    ("a.rs", "pub fn take(n: u32) -> bool { true }", {"pub": K, "fn": K}),
    ("a.java", "public class A { int x = 12; }", {"public": K, "12": N}),
    ("a.kt", "fun take(n: Int) = \"x\"", {"fun": K}),
    ("a.c", "static int x = 12; /* note */", {"static": K, "/* note */": C}),
    ("a.h", "#include <stdio.h>\nextern int x;", {"extern": K}),
    ("a.cpp", "template <typename T> class A {};", {"template": K}),
    ("a.hpp", "namespace a { class B; }", {"namespace": K}),
    ("a.cs", "public sealed class A { string b = \"c\"; }", {"public": K}),
    ("a.rb", "def take(n)\n  'x' # note\nend", {"def": K, "# note": C}),
    ("Gemfile", "gem 'rails' # note", {"# note": C}),
    ("a.php", "<?php\nfunction take($n) { return 12; }", {"function": K, "12": N}),
    ("a.swift", "func take(_ n: Int) -> Bool { true }", {"func": K}),
    ("a.scala", "def take(n: Int): Boolean = true // note", {"def": K, "// note": C}),
    ("a.sh", "if [ -f x ]; then echo \"y\"; fi # note", {"if": K, "# note": C}),
    ("a.bash", "for x in 1 2; do echo; done", {"for": K}),
    ("a.zsh", "while true; do echo 'x'; done", {"while": K, "'x'": S}),
    (".bashrc", "alias ll='ls -l' # note", {"# note": C}),
    (".gitignore", "# built\n*.pyc", {"# built": C}),
    ("a.fish", "if test -f x; echo 'y'; end # note", {"if": K}),
    ("a.ps1", "function Get-It { return 'x' } # note", {"function": K, "# note": C}),
    ("a.sql", "SELECT a FROM b WHERE c = 'd' -- note", {"SELECT": K, "'d'": S}),
    ("a.html", "<p class=\"x\">y</p> <!-- note -->", {"p": NAME, "<!-- note -->": C}),
    ("a.css", "p { color: red; } /* note */", {"p": NAME, "/* note */": C}),
    ("a.scss", "// note\n$x: 12px;", {"// note": C}),
    ("a.tcss", "/* note */\nDiffView { width: 1fr; }", {"/* note */": C}),
    ("a.less", "@x: 12px; // note", {"// note": C}),
    ("a.json", "{\"a\": 12, \"b\": true}", {"12": N, "true": K}),
    ("a.jsonc", "{\"a\": 12} // note", {"12": N}),
    ("a.ipynb", "{\"cells\": [12]}", {"12": N}),
    ("a.yaml", "a: [1, 'x'] # note", {"# note": C}),
    ("a.yml", "a: b # note", {"# note": C}),
    ("a.toml", "a = 12 # note", {"12": N, "# note": C}),
    ("Cargo.lock", "version = \"1.0\" # note", {"# note": C}),
    ("a.ini", "[a]\nb = c\n; note", {"[a]": K, "; note": C}),
    (".editorconfig", "[*]\nindent = 2", {"[*]": K}),
    ("a.md", "```py\nx = 1\n```\n- `a`", {"`a`": S}),
    ("a.rst", ".. note\n``x``", {"x": S}),
    ("a.lua", "local function take(n) return 12 end -- note", {"local": K, "-- note": C}),
    ("a.pl", "my $x = 'y'; # note", {"my": K, "# note": C}),
    ("a.t", "use strict; # note", {"use": K, "# note": C}),
    ("a.r", "f <- function(x) x + 1 # note", {"function": K, "# note": C}),
    ("a.jl", "function take(n) 12 end # note", {"function": K, "# note": C}),
    ("a.hs", "module A where -- note", {"module": K, "-- note": C}),
    ("a.ml", "let rec take n = 12 (* note *)", {"let": K, "(* note *)": C}),
    ("a.ex", "def take(n), do: 12 # note", {"def": K, "# note": C}),
    ("a.erl", "take(N) when N > 1 -> ok. % note", {"when": K, "% note": C}),
    ("a.clj", "(defn take [n] \"x\") ; note", {"; note": C}),
    ("a.dart", "final x = 'y'; // note", {"final": K, "// note": C}),
    ("a.vue", "<template><p class=\"x\">y</p></template>", {"template": NAME}),
    ("a.svelte", "<p class=\"x\">y</p>", {"p": NAME}),
    ("a.xml", "<a b=\"c\">d</a> <!-- note -->", {"<!-- note -->": C}),
    ("a.csproj", "<Project Sdk=\"x\"/> <!-- note -->", {"<!-- note -->": C}),
    ("Dockerfile", "FROM python:3.12\nRUN pip # note", {"FROM": K}),
    ("Dockerfile.dev", "FROM python:3.12", {"FROM": K}),
    ("Makefile", "all: b # note\n\tcc -o b", {"# note": C}),
    ("CMakeLists.txt", "project(a) # note", {"project": NAME, "# note": C}),
    ("a.cmake", "set(x 12) # note", {"# note": C}),
    ("a.tf", "resource \"a\" \"b\" { c = 12 } # note", {"# note": C}),
    ("a.proto", "message A { string b = 1; } // note", {"message": K, "// note": C}),
    ("a.graphql", "query { a(b: 12) } # note", {"query": K, "# note": C}),
    ("a.zig", "pub fn take(n: u32) bool { return true; } // note", {"fn": K, "// note": C}),
    ("a.nim", "proc take(n: int): bool = true # note", {"proc": K, "# note": C}),
    ("a.vb", "Public Class A ' note", {"Public": K, "' note": C}),
    ("a.groovy", "def x = 'y' // note", {"def": K, "// note": C}),
    ("Jenkinsfile", "def x = 12 // note", {"def": K}),
    ("a.m", "@interface A : NSObject // note", {"@interface": K, "// note": C}),
    ("a.nix", "let x = 12; in x # note", {"let": K, "# note": C}),
    ("a.vim", "\" note\nlet x = 12", {"let": K}),
    ("a.fs", "let rec take n = 12 // note", {"let": K, "// note": C}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "wanted"), SNIPPETS, ids=[path for path, *_ in SNIPPETS])
def test_lines_of_this_language_have_their_colours(
    path: str, text: str, wanted: dict[str, Tone]
) -> None:
    lines = text.split("\n")
    found = [
        (line[span.start : span.end], span.tone)
        for line, spans in zip(lines, line_tones(path, lines), strict=True)
        for span in spans
    ]
    for words, tone in wanted.items():
        pieces = [piece.strip() for piece, of in found if of == tone]
        assert words in pieces or words in "".join(piece for piece, of in found if of == tone)


def test_thirty_languages_and_more_are_among_them() -> None:
    assert len(SNIPPETS) >= 35


@pytest.mark.parametrize("path", ["a", "LICENSE", "a.unheard-of", "a.txt", "", ".", "a/.x.y"])
def test_what_is_no_language_stays_plain(path: str) -> None:
    assert line_tones(path, ["if x = 'y' # 12"]) == [()]
