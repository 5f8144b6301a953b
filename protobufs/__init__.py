"""The file formats' messages: speakdesk.proto and what protoc makes of it."""
