"""Markdown documents for the tests, one a construct and some mixed, and what builds records."""

from __future__ import annotations

from typing import Any

DOCUMENTS = {
    "headings": "# One\n\ntext\n## Two ##\nSet\n===\nmore\nunder\n---\n###### Six\n#no\n",
    "lists": "- a\n- b\n\n  more\n  - c\n    1. d\n    1. e\n\n10) ten\n11) eleven\n-\n- x",
    "tasks": "- [ ] open\n- [x] done\n  - [X] nested\n-[ ] no\n",
    "quotes": "> a\nlazy\n> - in\n>\n> > deep\n\n> again\n> ```py\n> x = 1\n> ```\nout\n",
    "fences": "```python\ndef f():\n    '''doc\n\n    '''\n\t1\n```\ntext\n~~~\n``` in\n~~~\n",
    "open fence": 'text\n```rust\nfn main() {\n    println!("x");\n',
    "indented": "para\n\n    code\n\n    more\n\nafter\n    not code\n",
    "table": "before\n| a | b |\n|:--|--:|\n| 1 | `2 \\| 3` | 4 |\n| **x** |\nno | row\n\nend",
    "long table": "|n|square|\n|-|-:|\n" + "".join(f"|{n}|{n * n}|\n" for n in range(40)),
    "wide table": "|" + "column|" * 14 + "\n|" + "-|" * 14 + "\n|" + "a value|" * 14 + "\n",
    "inline": "**b** *i* ***bi*** ~~s~~ `c` [t](http://a.b/c) <http://x.y> http://p.q. ![i](u)\n",
    "html": "<div>\n<b>x</b>\n</div>\n\ntext <i>in</i>\n<!-- a\n\nb -->\n<span>\nx\n",
    "math": "$a_1 + b_1$ and \\(x_i\\)\n\n$$\n\\int_0^1 x\n$$\n\\[ y \\] costs $5 and $6\n",
    "wide": "日本語の文章は、折り返しても正しく並びます。👩‍👩‍👧 🇯🇵 ❤️ e\u0301 ｆｕｌｌ ａ한국어\n"
    * 2,
    "long word": "x" * 500 + " " + "日" * 200 + "\n- " + "y" * 300 + "\n",
    "code lines": "```\n" + "z" * 300 + "\n" + "日" * 99 + "\n```\n",
    "rules": "---\n***\n_ _ _\ntext\n- - -\n",
    "references": 'See [this][1] and [that].\n\n[1]: http://a.b "t"\n[that]: <x>\n',
    "blank": "\n\n  \n\ntext\n\n\n\nmore\n\n",
    "tabs": "-\ta\n\n\tb\n\n```\n\tx\ty\n```\n\tz\n",
}
NASTY = {
    "nothing": "",
    "only signs": "* - + > # ` ~ | = _ $ [ ] ( ) ! < \\\n*-+>#`~|=_$[]()!<\\",
    "unclosed": "**b *and `c [link](http://a.b ![image](<u $x \\( <a **\n\n__u _v ~~w",
    "crossed": "*a **b* c** _d __e_ f__ ~~g *h~~ i* `j ``k` l`` [m *n](http://o) p*",
    "fence in list": "- a\n  ```py\n  x = 1\n\n  y\n  ```\n- b\n\n      code\n   ```\n   z\n",
    "fence ends": "````\n```\n~~~\n````x\n`````\n```a`b\n``` \n~~~ `x`\ny\n~~~~\n",
    "list kinds": "1. a\n2) b\n- c\n* d\n+ e\n0. f\n999999999. g\n9999999999. h\n-\n  i\n- - - j\n",
    "lazy": "> a\nb\n> - c\nd\n> > e\nf\n>g\n\n> 1. h\ni\n===\n> j\n---\n",
    "deep": "> " * 20 + "a\n" + "- " * 20 + "b\n" + "".join("  " * n + "- c\n" for n in range(14)),
    "setext": "a\n=\n\nb\nc\n-\n\n> d\n> =\n- e\n  ---\n\nf\n= =\n\n===\n---\n--\n",
    "table ends": "|a|b|\n|-|-|\n|1|2|\n> q\n\n|a|b|\n|-|-|\n- x\n\na|b\n-|-\n1|2|3|4\n|\n||\nx",
    "table in quote": (
        "> |a|b|\n> |:-|-:|\n> |`x\\|y`|**z**|\n> |[l](http://m.n)|日本|\n\n- |c|\n  |-|\n  |d|\n"
    ),
    "no table": "a | b\nc | d\n\n|a|b|\n|-|\n\n|-|-|\n\n| a |\n|:-:\n| --- |\n",
    "one column": "|long title of a column|\n|-|\n" + "|x|\n" * 20,
    "html kinds": (
        "<pre>\n\nx</pre> y\n<!-- a --> b\n<?x\n?>\n<![CDATA[\n]]>\n</div\n<x-y>\n<a href='\n\n"
        "<script>"
    ),
    "html in text": "a <b>c</b> <br/> <!-- d --> &lt;&#35;&#x1F600;&b; <http://e> <g@h.i> < j >\n",
    "escapes": "\\* \\_ \\` \\[ \\\\ \\n \\\n\\# a\n\\- b\n1\\. c\n\\> d\n\\| e |\n| \\- |\n",
    "breaks": "a  \nb\\\nc   \n\nd  \n> e  \nf\\\n\n# g  \n# h\\\n",
    "maths": (
        "$$x$$ y\n$$\na\n\nb\n$$\n\\[\nc\\]\n$d$e $ f$ $g $ $$h$$ \\(i\nj\\) $1 and $2, US$3\n"
    ),
    "references": (
        "[a][1], [b][], [c], ![d][1], [e][none], [^1] and [^x]: text\n\n[1]: http://a.b 'A'\n"
        "[b]: <http://c.d> (B)\n[C]: mailto:e@f.g\n[^1]: A note\n  of two lines.\n[1]: http://late\n"
    ),
    "broken references": (
        "[a]: \n[b]\n[c]: http://d 'e\nf'\n[]: http://g\n[h]:http://i\n[j] : k\n[l]: m n\n"
    ),
    "references in boxes": "> [a]: http://b.c\n>\n> [a]\n\n- [d]: http://e.f\n- [d] [a]\n\n[d]\n",
    "autolinks": (
        "http://a.b/(c) https://d.e/f_g_h. (http://i.j) <http://k.l> mailto:m@n.o www.p.q ftp://r\n"
    ),
    "unsafe links": (
        "[a](javascript:b) <javascript:c> [d](file:///e) ![f](data:x) [g]\n\n[g]: javascript:h\n"
    ),
    "nested links": (
        "[a [b](http://c) d](http://e) [![f](http://g)](http://h) [i `]( j` k](http://l)\n"
    ),
    "tabs and spaces": "\t\n \t a\n\t- b\n\t\tc\n-\t\td\n>\te\n1.\tf\n#\tg\n   \n    h\n     \n",
    "line ends": "a\r\nb\rc\n\r\n- d\r\n\r\n```\r\ne\r\n```\r\n\x0bf\x0cg\x85h\u2028i\u2029j",
    "hostile": (
        "\x1b[31ma\x1b]0;b\x07\x9bc \u202ed\u202c \u200be\ufeff \x00f \ud83d g\u2066h "
        "[i](http://j\u202e)"
    ),
    "graphemes": "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇯🇵🇩 e\u0301\u0327 ช้ำ क्षि ﷽ Ａ ｱﾞ ㎏ \U000e0100 a\u200db 각 ᄀ",
    "right to left": "# مرحبا\n- שלום **עולם** `x` 123\n> العربية (abc)\n\n|א|b|\n|-|-|\n|ג|d|\n",
    "wide in code": (
        "```日本\n" + "日本語" * 30 + "\n\ta\tb\n" + "é" * 90 + "\n```\n    " + "漢" * 50
    ),
    "long fence": "```py\n'''\n" + "x = 1\n\n" * 30 + "'''\ny\n" * 2 + "```\n",
    "long quote": "> " + "word " * 100 + "\n> - " + "w" * 200 + "\n",
    "empty items": "-\n-\n\n-\n\n  a\n1.\n2.\n\n> \n>\n\n>- \n>-\n- \n\n\n  b\n",
    "headings": (
        "#\n# #\n## a ##b\n### c \\#\n#d\n####### e\n # f\n    # g\n> # h\n- # i\n"
        "# [j](http://k) *l*\n"
    ),
}
"""What trips readers of Markdown: each a trap or several."""
LONG_CODE = "```python\n" + "".join(
    f"def f{n}(x):\n    # note {n}\n    return x + {n}\n\n" for n in range(60)
)
LONG_PROSE = " ".join(f"word{n} and **bold {n}** text" for n in range(900))


def message(role: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a message item."""
    part = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": part, "text": text}], **more}
