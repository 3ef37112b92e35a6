using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SimulationManager.LocalMqtt;

namespace SimulationManager.Tests.LocalMqtt;

/// <summary>A client that does what no library would: it speaks MQTT 3.1.1 byte for byte, and reads only when it is told to.</summary>
internal sealed class RawClient(CancellationToken cancellationToken) : IAsyncDisposable
{
    private static int _clients;

    /// <summary>CONNECT of a client with a name of its own, a clean session and no keep-alive.</summary>
    private readonly byte[] _connect = [0x10, 0x10, 0, 4, .. "MQTT"u8, 4, 2, 0, 0, 0, 4, .. Encoding.ASCII.GetBytes($"{Interlocked.Increment(ref _clients) % 10_000:D4}")];

    private readonly TcpClient _connection = new() { ReceiveBufferSize = 4096 };
    private byte[] _read = [];

    public static async Task<RawClient> OpenAsync(int port, CancellationToken cancellationToken)
    {
        var client = new RawClient(cancellationToken);
        await client._connection.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        return client;
    }

    public static async Task<RawClient> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var client = await OpenAsync(port, cancellationToken);
        Assert.Equal([0x20, 2, 0, 0], await client.SayHelloAsync());
        return client;
    }

    /// <summary>Says who it is, and gives the answer; null when there is none.</summary>
    public async Task<byte[]?> SayHelloAsync()
    {
        try
        {
            await SendAsync(_connect);
        }
        catch (IOException)
        {
            return null;
        }

        return await ReadPacketAsync();
    }

    public async Task SubscribeAsync(string topic)
    {
        var name = Encoding.UTF8.GetBytes(topic);
        await SendAsync([0x82, (byte)(name.Length + 5), 0, 1, 0, (byte)name.Length, .. name, 0]);
        Assert.Equal([0x90, 3, 0, 1, 0], await ReadPacketAsync());
    }

    public async Task SendAsync(byte[] bytes) => await _connection.GetStream().WriteAsync(bytes, cancellationToken);

    /// <summary>The next packet; null when the broker has closed the connection.</summary>
    public async Task<byte[]?> ReadPacketAsync()
    {
        var buffer = new byte[65536];
        while (true)
        {
            if (PacketLimit.LengthOf(new ReadOnlySequence<byte>(_read)) is { } length && _read.Length >= length)
            {
                var packet = _read[..(int)length];
                _read = _read[(int)length..];
                return packet;
            }

            try
            {
                var count = await _connection.GetStream().ReadAsync(buffer, cancellationToken);
                if (count == 0) return null;
                _read = [.. _read, .. buffer.AsSpan(0, count)];
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }
}
