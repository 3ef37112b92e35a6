using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using MQTTnet.AspNetCore;
using MQTTnet.Exceptions;

namespace SimulationManager.LocalMqtt;

/// <summary>
/// Refuses a packet by the length in its header, before more of it is buffered. The reader behind it consumes whole packets only, so what
/// is read always begins with a header: a byte of type and flags, then the remaining length in 1 to 4 bytes (MQTT 5, sections 2.1.1 and 1.5.5).
/// </summary>
internal sealed partial class PacketLimit(PipeReader input, int maxBytes, ConnectionContext connection, ILogger<PacketLimit> logger) : PipeReader
{
    private const int MostLengthBytes = 4;

    /// <summary>The handler of a connection, given its packets through the limit.</summary>
    public static ConnectionDelegate Before(ConnectionDelegate next, int maxBytes, ILogger<PacketLimit> logger) => connection =>
    {
        connection.Transport = new DuplexPipe(new PacketLimit(connection.Transport.Input, maxBytes, connection, logger), connection.Transport.Output);
        return next(connection);
    };

    /// <exception cref="MqttProtocolViolationException">The packet is longer than the limit, or its length is none.</exception>
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        Check(result.Buffer);
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result)) return false;
        Check(result.Buffer);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => input.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => input.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    /// <summary>Bytes of the packet that begins here, its header among them; null while its header is incomplete.</summary>
    /// <exception cref="MqttProtocolViolationException">The remaining length has more than 4 bytes. MQTTnet would wait for its end forever.</exception>
    internal static long? LengthOf(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out _)) return null;
        long remaining = 0;
        for (var index = 0; index < MostLengthBytes; index++)
        {
            if (!reader.TryRead(out var part)) return null;
            remaining |= (long)(part & 0x7F) << (7 * index);
            if (part < 0x80) return reader.Consumed + remaining;
        }

        throw new MqttProtocolViolationException($"The remaining length of a packet has more than {MostLengthBytes} bytes.");
    }

    private void Check(in ReadOnlySequence<byte> buffer)
    {
        if (LengthOf(buffer) is not { } length || length <= maxBytes) return;
        LogRefused(connection.RemoteEndPoint, length, maxBytes);
        throw new MqttProtocolViolationException($"A packet of {length} bytes is longer than {maxBytes}.");
    }

    [LoggerMessage(4, LogLevel.Warning, "{Address} is disconnected: its packet has {Length} bytes, and {Limit} are allowed")]
    private partial void LogRefused(object? address, long length, int limit);
}
