namespace SimulationManager.Replay.Vda5050;

/// <summary>Writes the messages of the topic <c>connection</c>.</summary>
internal static class ConnectionJson
{
    public static byte[] Write(Vda5050Options options, uint headerId, DateTimeOffset now, string connectionState)
    {
        var json = MessageJson.Begin(options, headerId, now);
        json.Writer.WriteString("connectionState"u8, connectionState);
        return json.End();
    }
}
