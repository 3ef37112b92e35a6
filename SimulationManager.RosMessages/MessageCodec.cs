using System.Buffers;

namespace SimulationManager.RosMessages;

/// <summary>
/// Turns payloads of a type into message objects and JSON, and back into the same bytes; and into CBOR. Immutable; shared freely between threads.
/// </summary>
public sealed class MessageCodec
{
    private readonly MessageLayout _layout;
    private readonly WideStringForm _wideStrings;

    /// <summary>Creates a codec.</summary>
    /// <param name="schema">The type.</param>
    /// <param name="wideStrings">How payloads that are read hold <c>wstring</c>s.</param>
    /// <exception cref="RosMessageException">The type has no serialized form, or a message of it takes too many bytes.</exception>
    public MessageCodec(MessageSchema schema, WideStringForm wideStrings = default)
    {
        ArgumentNullException.ThrowIfNull(schema);
        Schema = schema;
        _layout = MessageLayout.Of(schema);
        _wideStrings = wideStrings;
    }

    /// <summary>The type.</summary>
    public MessageSchema Schema { get; }

    /// <summary>A message all of whose fields have their default: the definition's, else zero or empty.</summary>
    public RosMessage Create() => Defaults.MessageOf(_layout);

    /// <summary>Decodes a payload.</summary>
    /// <param name="payload">The payload with its encapsulation header, of any <see cref="CdrRepresentation"/>.</param>
    /// <exception cref="RosMessageException">The payload is cut off, damaged or of another type.</exception>
    public RosMessage Decode(ReadOnlySpan<byte> payload) => MessageDecoder.Decode(_layout, payload, _wideStrings);

    /// <summary>Encodes a message.</summary>
    /// <param name="message">A message of this codec's schema.</param>
    /// <param name="form">The form of the payload; <see cref="CdrForm.Of"/> keeps that of another one. Little-endian XCDR version 1 if null.</param>
    /// <exception cref="RosMessageException">A value has the wrong type or length.</exception>
    public byte[] Encode(RosMessage message, CdrForm? form = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        var writer = new CdrWriter(form ?? CdrForm.LittleEndian with { WideStrings = _wideStrings });
        MessageEncoder.Encode(_layout, message, writer);
        return writer.Message.ToArray();
    }

    /// <summary>Writes a payload as JSON (UTF-8). The form is described in docs/messages.md. Allocates nothing but what the output does.</summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <param name="output">Where the JSON goes. After an error, part of it may be there.</param>
    /// <param name="form">How numbers are written that not every reader takes.</param>
    /// <exception cref="RosMessageException">The payload is cut off, damaged or of another type.</exception>
    public void WriteJson(ReadOnlySpan<byte> payload, IBufferWriter<byte> output, JsonForm form = JsonForm.Exact)
    {
        ArgumentNullException.ThrowIfNull(output);
        MessageWriter.Write(_layout, payload, _wideStrings, new JsonOutput(output, form));
    }

    /// <summary>
    /// Writes a payload as CBOR (RFC 8949): the structure of the JSON form, with numbers and bytes as such. The form is described in docs/messages.md. Allocates
    /// nothing but what the output does.
    /// </summary>
    /// <param name="payload">The payload with its encapsulation header.</param>
    /// <param name="output">Where the CBOR goes. After an error, part of it may be there.</param>
    /// <exception cref="RosMessageException">The payload is cut off, damaged or of another type.</exception>
    public void WriteCbor(ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        MessageWriter.Write(_layout, payload, _wideStrings, new CborOutput(output));
    }

    /// <summary>Reads a message from JSON. Fields that it does not name have their default.</summary>
    /// <param name="json">One JSON object, UTF-8.</param>
    /// <exception cref="RosMessageException">The JSON is malformed, names a field that the type does not have, or a value does not fit.</exception>
    public RosMessage ReadJson(ReadOnlySpan<byte> json) => MessageJsonReader.Read(_layout, json);
}
