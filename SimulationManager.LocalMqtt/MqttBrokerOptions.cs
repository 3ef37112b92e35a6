using System.Globalization;

namespace SimulationManager.LocalMqtt;

/// <summary>How one broker is started, and what it grants its clients at most.</summary>
internal sealed record MqttBrokerOptions
{
    public const string Usage = "Usage: --port <port>.";

    /// <summary>Port on 127.0.0.1.</summary>
    public required int Port { get; init; }

    /// <summary>Connections at once; one more is closed as soon as it is opened.</summary>
    public int MaxClients { get; init; } = 10_000;

    /// <summary>Messages that wait for one client; of more, the oldest are dropped.</summary>
    public int MaxPendingMessages { get; init; } = 1_000;

    /// <summary>Bytes of one MQTT packet, its header among them. MQTT 5 clients are told; whoever sends more is disconnected.</summary>
    public int MaxPacketBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of all retained messages, payloads and topics; one that would exceed it is refused.</summary>
    public long MaxRetainedBytes { get; init; } = 256 * 1024 * 1024;

    /// <exception cref="FormatException">The port is missing or is none, or something else is given.</exception>
    public static MqttBrokerOptions Parse(string[] arguments) => arguments switch
    {
        ["--port", var text] => new MqttBrokerOptions
        {
            Port = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? port
                : throw new FormatException($"'{text}' is no port. {Usage}"),
        },
        [] => throw new FormatException($"--port is missing. {Usage}"),
        _ => throw new FormatException($"'{string.Join(' ', arguments)}' is not understood. {Usage}"),
    };
}
