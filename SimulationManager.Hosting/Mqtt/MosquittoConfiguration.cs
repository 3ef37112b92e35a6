using System.Globalization;

namespace SimulationManager.Hosting.Mqtt;

/// <summary>
/// The configuration of mosquitto as a broker for development: without a password, so only where nobody else reaches it. Source: the manual
/// page mosquitto.conf(5).
/// </summary>
internal static class MosquittoConfiguration
{
    /// <summary>Where the image looks for it.</summary>
    public const string ContainerPath = "/mosquitto/config/mosquitto.conf";

    /// <summary>Port inside a container.</summary>
    public const int ContainerPort = 1883;

    /// <summary>The file's text.</summary>
    /// <param name="port">Port to listen on.</param>
    /// <param name="address">Address to listen on; all unless given, for a container, which the network around it protects.</param>
    public static string Of(int port, string? address = null) => string.Create(CultureInfo.InvariantCulture, $"""
        listener {port}{(address is null ? "" : $" {address}")}
        allow_anonymous true
        persistence false
        max_packet_size 16777216
        max_queued_messages 10000
        max_queued_bytes 67108864
        log_dest stderr

        """).ReplaceLineEndings("\n");
}
