using System.Text.Json;

namespace SimulationManager.Replay.Vda5050;

/// <summary>Writes where a vehicle is and how it moves, and the topic <c>visualization</c>, which is only that.</summary>
internal static class MotionJson
{
    private const double Micro = 1e6;

    public static byte[] WriteVisualization(Vda5050Options options, uint headerId, DateTimeOffset now, uint stateHeaderId, VehicleStatus status)
    {
        var json = MessageJson.Begin(options, headerId, now);
        if (options.Version == Vda5050Version.V30) json.Writer.WriteNumber("referenceStateHeaderId"u8, stateHeaderId);
        Write(json.Writer, options, status);
        return json.End();
    }

    public static void Write(Utf8JsonWriter writer, Vda5050Options options, VehicleStatus status)
    {
        var names = ProtocolNames.Of(options.Version);
        writer.WriteStartObject(names.Position);
        WriteNumber(writer, "x"u8, status.Pose.X);
        WriteNumber(writer, "y"u8, status.Pose.Y);
        WriteNumber(writer, "theta"u8, status.Pose.Theta);
        writer.WriteString("mapId"u8, options.MapId);
        writer.WriteBoolean(names.Localized, status.IsLocalized);
        writer.WriteEndObject();

        writer.WriteStartObject("velocity"u8);
        WriteNumber(writer, "vx"u8, status.Vx);
        WriteNumber(writer, "vy"u8, status.Vy);
        WriteNumber(writer, "omega"u8, status.Omega);
        writer.WriteEndObject();
    }

    /// <summary>Micrometres and microradians suffice. They are cut, not rounded, so that no angle passes π.</summary>
    private static void WriteNumber(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double value) =>
        writer.WriteNumber(name, Math.Abs(value) < 1e9 ? Math.Truncate(value * Micro) / Micro : value);
}
