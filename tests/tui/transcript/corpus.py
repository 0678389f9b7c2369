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
LONG_CODE = "```python\n" + "".join(
    f"def f{n}(x):\n    # note {n}\n    return x + {n}\n\n" for n in range(60)
)
LONG_PROSE = " ".join(f"word{n} and **bold {n}** text" for n in range(900))


def message(role: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a message item."""
    part = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": part, "text": text}], **more}
