"""Attention of as many heads as its weights have."""

import math

import torch
from torch import nn
from torch.nn import functional


class NarrowAttention(nn.MultiheadAttention):
    """What :func:`compact` makes of :class:`torch.nn.MultiheadAttention` that loses heads.

    The arguments of a call and what it returns are the same. The width of the heads stays, and is
    no longer that of the inputs over their number.
    """

    def forward(
        self,
        query,
        key,
        value,
        key_padding_mask=None,
        need_weights=True,
        attn_mask=None,
        average_attn_weights=True,
        is_causal=False,
    ):
        """Return outputs, and weights or None, as :class:`torch.nn.MultiheadAttention` does."""
        is_batched = query.ndim == 3
        inputs = query, key, value
        if not is_batched:
            inputs = [one.unsqueeze(0) for one in inputs]
        elif not self.batch_first:
            inputs = [one.transpose(0, 1) for one in inputs]
        if self.in_proj_weight is None:
            weights = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        else:
            weights = self.in_proj_weight.chunk(3)
        biases = (None,) * 3 if self.in_proj_bias is None else self.in_proj_bias.chunk(3)
        queries, keys, values = (
            functional.linear(*one).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
            for one in zip(inputs, weights, biases, strict=True)
        )
        shares = None
        causal = is_causal and not need_weights and key_padding_mask is None
        mask = None if causal else _joint_mask(attn_mask, key_padding_mask, queries)
        if need_weights:
            scores = queries @ keys.transpose(-2, -1) / math.sqrt(self.head_dim)
            shares = (scores if mask is None else scores + mask).softmax(-1)
            shares = functional.dropout(shares, self.dropout, self.training)
            mixed = shares @ values
            shares = shares if is_batched else shares.squeeze(0)
            shares = shares.mean(-3) if average_attn_weights else shares
        else:
            attend = functional.scaled_dot_product_attention
            dropout = self.dropout if self.training else 0.0
            mixed = attend(queries, keys, values, mask, dropout, causal)
        outputs = self.out_proj(mixed.transpose(1, 2).flatten(2))
        if not is_batched:
            outputs = outputs.squeeze(0)
        elif not self.batch_first:
            outputs = outputs.transpose(0, 1)
        return outputs, shares


def _joint_mask(of_pairs, of_keys, like):
    """Return what is added to scores of shape (samples, heads, queries, keys), or None."""
    masks = []
    if of_pairs is not None:
        masks.append(of_pairs.unflatten(0, (len(like), -1)) if of_pairs.ndim == 3 else of_pairs)
    if of_keys is not None:
        masks.append(of_keys.reshape(-1, 1, 1, of_keys.shape[-1]))
    if not masks:
        return None
    return sum(
        torch.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -math.inf)
        if mask.dtype == torch.bool
        else mask.to(like)
        for mask in masks
    )


def narrow(module):
    """Let an attention go by the sizes of its weights; return whether it can."""
    if type(module) is not nn.MultiheadAttention or module.bias_k is not None:
        return type(module) is NarrowAttention
    if module.add_zero_attn:
        return False
    module.__class__ = NarrowAttention
    module._qkv_same_embed_dim = False  # No short cut that would pass `forward` by.
    return True


def widen(module, has_own_projections):
    """Undo `narrow`."""
    module.__class__ = nn.MultiheadAttention
    module._qkv_same_embed_dim = not has_own_projections
