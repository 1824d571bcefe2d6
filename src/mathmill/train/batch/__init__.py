"""Texts and chats as rows of tokens: what is trained of them, how they are packed, and in which order they come."""
