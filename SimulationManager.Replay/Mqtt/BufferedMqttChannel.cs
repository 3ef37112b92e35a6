using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Channel;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Implementations;

namespace SimulationManager.Replay;

/// <summary>
/// Reads and writes many packets at once. The client reads the head of a packet byte by byte and writes every packet by itself, each with a call of
/// the system; of small messages these calls are most of the cost.
/// </summary>
internal sealed class BufferedMqttChannel(IMqttChannel inner) : IMqttChannel
{
    private const int ReadBytes = 512;
    private const int WriteBytes = 32 * 1024;

    private static readonly TimeSpan GoodbyeWithin = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _read = new byte[ReadBytes];
    private Task<int>? _reading;
    private int _readAt;
    private int _readEnd;
    private byte[]? _written;
    private int _writtenEnd;
    private bool _holdsBack;
    private volatile bool _saysGoodbye;

    public X509Certificate2? ClientCertificate => inner.ClientCertificate;
    public EndPoint? RemoteEndPoint => inner.RemoteEndPoint;
    public EndPoint? LocalEndPoint => inner.LocalEndPoint;
    public bool IsSecureConnection => inner.IsSecureConnection;

    public Task ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

    /// <summary>Closes the connection; after <see cref="SayGoodbye"/>, once the broker has closed its side, or after a while.</summary>
    public async Task DisconnectAsync(CancellationToken cancellationToken)
    {
        // .NET resets a connection that is closed while it is being read, and the broker then loses what it has not read yet.
        if (_saysGoodbye && _reading is Task reading) await reading.WaitAsync(GoodbyeWithin, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await inner.DisconnectAsync(cancellationToken);
    }

    /// <summary>The next disconnection begins with a packet that lets the broker close its side.</summary>
    public void SayGoodbye() => _saysGoodbye = true;

    /// <summary>Bytes that are held back.</summary>
    public int HeldBack => _writtenEnd;

    /// <summary>From here on small writes wait for <see cref="FlushAsync"/>.</summary>
    public void HoldBack() => _holdsBack = true;

    /// <summary>Writes what was held back.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            _holdsBack = false;
            await WriteHeldBackAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        if (_readAt == _readEnd)
        {
            if (count >= ReadBytes && _reading is null) return await inner.ReadAsync(buffer, offset, count, cancellationToken);
            (_readAt, _readEnd) = (0, 0);
            // The inner channel closes the connection when a read is cancelled.
            _reading ??= inner.ReadAsync(_read, 0, ReadBytes, CancellationToken.None);
            _readEnd = await _reading.WaitAsync(cancellationToken);
            _reading = null;
            if (_readEnd <= 0) return _readEnd = 0;
        }
        var taken = Math.Min(count, _readEnd - _readAt);
        _read.AsSpan(_readAt, taken).CopyTo(buffer.AsSpan(offset));
        _readAt += taken;
        return taken;
    }

    public async Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // The head of a packet waits for its payload, too: they go out together.
            if (_writtenEnd + buffer.Length > WriteBytes) await WriteHeldBackAsync(cancellationToken);
            if (buffer.Length > WriteBytes)
            {
                await inner.WriteAsync(buffer, isEndOfPacket, cancellationToken);
                return;
            }
            _written ??= ArrayPool<byte>.Shared.Rent(WriteBytes);
            buffer.CopyTo(_written.AsSpan(_writtenEnd));
            _writtenEnd += (int)buffer.Length;
            if (isEndOfPacket && !_holdsBack) await WriteHeldBackAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        inner.Dispose();
        _writing.Dispose();
    }

    private async ValueTask WriteHeldBackAsync(CancellationToken cancellationToken)
    {
        if (_written is not { } written) return;
        var length = _writtenEnd;
        (_written, _writtenEnd) = (null, 0);
        try
        {
            await inner.WriteAsync(new ReadOnlySequence<byte>(written, 0, length), true, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(written);
        }
    }

    /// <summary>Makes clients whose channel is buffered; the last one made is at hand.</summary>
    internal sealed class Factory : IMqttClientAdapterFactory
    {
        /// <summary>The channel of the client's newest connection.</summary>
        public BufferedMqttChannel? Channel { get; private set; }

        public IMqttChannelAdapter CreateClientAdapter(MqttClientOptions options, MqttPacketInspector packetInspector, IMqttNetLogger logger)
        {
            Channel = new BufferedMqttChannel(new MqttTcpChannel(options));
            var formatter = new MqttPacketFormatterAdapter(options.ProtocolVersion, new MqttBufferWriter(options.WriterBufferSize, options.WriterBufferSizeMax));
            return new MqttChannelAdapter(Channel, formatter, logger) { AllowPacketFragmentation = true, PacketInspector = packetInspector };
        }
    }
}
