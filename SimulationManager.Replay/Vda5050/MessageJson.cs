using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace SimulationManager.Replay.Vda5050;

/// <summary>
/// Writes messages, one at a time, in a buffer of its thread: what is allocated per message is its payload, which the caller keeps.
/// </summary>
internal sealed class MessageJson
{
    private const int LongestTimestamp = 32;

    [ThreadStatic] private static MessageJson? t_instance;

    private readonly ArrayBufferWriter<byte> _buffer = new(2048);

    private MessageJson() => Writer = new Utf8JsonWriter(_buffer);

    public Utf8JsonWriter Writer { get; }

    /// <summary>Begins a message with its header (chapter 6.4 of 2.1.0, 7.2 of 3.0.0).</summary>
    public static MessageJson Begin(Vda5050Options options, uint headerId, DateTimeOffset now)
    {
        var json = t_instance ??= new MessageJson();
        json._buffer.ResetWrittenCount();
        json.Writer.Reset();
        var writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteNumber("headerId"u8, headerId);
        Span<byte> timestamp = stackalloc byte[LongestTimestamp];
        now.UtcDateTime.TryFormat(timestamp, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        writer.WriteString("timestamp"u8, timestamp[..length]);
        writer.WriteString("version"u8, ProtocolNames.Of(options.Version).Version);
        writer.WriteString("manufacturer"u8, options.Manufacturer);
        writer.WriteString("serialNumber"u8, options.SerialNumber);
        return json;
    }

    /// <summary>Ends the message.</summary>
    public byte[] End()
    {
        Writer.WriteEndObject();
        Writer.Flush();
        return _buffer.WrittenSpan.ToArray();
    }
}
