using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Channel;

namespace SimulationManager.Replay;

/// <summary>
/// Reads many packets at once, where the client reads the head of each byte by byte, and lets others than the client write whole packets.
/// </summary>
internal sealed class BufferedMqttChannel(IMqttChannel inner) : IMqttChannel
{
    private const int ReadBytes = 512;

    private readonly SemaphoreSlim _writing = new(1);
    private readonly byte[] _read = new byte[ReadBytes];
    private Task<int>? _reading;
    private int _readAt;
    private int _readEnd;
    private long _wroteAt;
    private TimeSpan _goodbyeWithin;

    public X509Certificate2? ClientCertificate => inner.ClientCertificate;
    public EndPoint? RemoteEndPoint => inner.RemoteEndPoint;
    public EndPoint? LocalEndPoint => inner.LocalEndPoint;
    public bool IsSecureConnection => inner.IsSecureConnection;

    /// <summary>Time since something was written last.</summary>
    public TimeSpan SilentFor => TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _wroteAt));

    public Task ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

    /// <summary>Closes the connection; after <see cref="SayGoodbye"/>, once the broker has closed its side, or after a while.</summary>
    public async Task DisconnectAsync(CancellationToken cancellationToken)
    {
        // .NET resets a connection that is closed while it is being read, and the broker then loses what it has not read yet.
        if (_goodbyeWithin > TimeSpan.Zero && _reading is Task reading) await reading.WaitAsync(_goodbyeWithin, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await inner.DisconnectAsync(cancellationToken);
    }

    /// <summary>The next disconnection begins with a packet that lets the broker close its side; it is given some time for that.</summary>
    public void SayGoodbye(TimeSpan within) => _goodbyeWithin = within;

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

    /// <summary>Writes whole packets. For any number of threads.</summary>
    public async Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await inner.WriteAsync(buffer, isEndOfPacket, cancellationToken);
            Volatile.Write(ref _wroteAt, Environment.TickCount64);
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
}
