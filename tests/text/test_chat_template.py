"""Templates render as Hugging Face's `apply_chat_template` does, on their own documents' examples."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from curation_lib.core.errors import ConfigError, ContractError
from curation_lib.text.chat_template import ChatTemplateSetting, load_template
from curation_lib.text.records import record_of

TALK = record_of(
    {
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Why <b>&</b> how?"},
            {"role": "assistant", "content": "So."},
            {"role": "user", "content": "And?"},
            {"role": "assistant", "content": "Then."},
        ]
    }
)
PAIR = record_of({"prompt": "Why?", "chosen": "So.", "rejected": "No."})
LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
    "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
    "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
"""https://huggingface.co/meta-llama/Llama-2-7b-chat-hf, tokenizer_config.json"""
DATED = (
    "{%- if strftime_now is defined %}\n    {%- set today = strftime_now('%d %b %Y') %}\n{%- else %}\n"
    "    {%- set today = '26 Jul 2024' %}\n{%- endif %}\n{{- bos_token }}\n{%- for message in messages %}\n"
    "    {{- message.role + ': ' }}\n"
    "    {%- generation %}{{ message.content | trim }}{% endgeneration %}\n    {{- eos_token }}\n"
    "    {%- if loop.last %}{% break %}{% endif %}\n{%- endfor %}\n{{- today }}\n{%- if add_generation_prompt %}\n"
    "    {{- 'assistant: ' }}\n{%- endif %}\n"
)


def test_chatml():
    assert load_template("chatml").render(TALK) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nWhy <b>&</b> how?<|im_end|>\n"
        "<|im_start|>assistant\nSo.<|im_end|>\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\nThen.<|im_end|>\n"
    )


def config(tmp_path, **content):
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>", **content}))
    return str(path)


def test_llama_2(tmp_path):
    template = load_template(config(tmp_path, chat_template=LLAMA_2))
    assert template.render(TALK) == (
        "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nWhy <b>&</b> how? [/INST] So. </s><s>[INST] And? [/INST] Then. </s>"
    )
    assert template.render(PAIR) == "<s>[INST] Why? [/INST] So. </s>"
    assert template.rendered((*PAIR.prompt, *PAIR.rejected)) == "<s>[INST] Why? [/INST] No. </s>"


def test_blocks_are_trimmed_and_the_day_shapes_nothing(tmp_path):
    path = tmp_path / "chat_template.jinja"
    path.write_text(DATED)
    template = load_template({"path": str(path), "bos_token": "<s>", "eos_token": "|"})
    assert template.render(PAIR) == "<s>user: Why?|assistant: So.|26 Jul 2024"


def test_one_of_several_templates(tmp_path):
    several = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "{{ messages | tojson }}"}]
    assert load_template(config(tmp_path, chat_template=several)).render(PAIR) == (
        '[{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]'
    )


def test_what_a_template_refuses_stops_the_build(tmp_path):
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    template = load_template(config(tmp_path, chat_template=refusing))
    with pytest.raises(ContractError, match="no conversation of system, user.*System role not supported"):
        template.render(TALK)


@pytest.mark.parametrize("text", ["{{ messages.__class__.__mro__ }}", "{{ messages.append(1) }}"])
def test_templates_run_in_a_sandbox(tmp_path, text):
    with pytest.raises(ContractError, match=r"chat_template: .*"):
        load_template(config(tmp_path, chat_template=text)).render(PAIR)


@pytest.mark.parametrize(
    ("content", "said"),
    [({"chat_template": "{% if %}"}, "is no template"), ({}, "has no chat_template; give the chat_template.jinja")],
)
def test_what_is_no_template_is_refused(tmp_path, content, said):
    with pytest.raises(ConfigError, match=said):
        load_template(config(tmp_path, **content))


def test_what_cannot_be_a_template_is_refused_with_the_recipe():
    for word in ("llama", {"name": "zephyr"}, {"path": "x.txt"}):
        with pytest.raises(ValidationError, match="no chat template"):
            ChatTemplateSetting.model_validate(word)
