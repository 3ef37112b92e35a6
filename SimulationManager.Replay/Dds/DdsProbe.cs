using System.Text;

namespace SimulationManager.Replay;

/// <summary>Tries a domain: enters it, publishes one message that says that it is a check, to <c>/_check</c>, and leaves it.</summary>
internal static class DdsProbe
{
    private const string Topic = "/_check";

    /// <summary>Time for others in the domain to answer.</summary>
    private static readonly TimeSpan LookAround = TimeSpan.FromSeconds(2);

    public static async Task<EndpointProbe> RunAsync(DdsEndpointOptions options)
    {
        if (DdsLibrary.Problem is { } problem) return new EndpointProbe { Error = problem };
        var found = new EndpointProbe { Library = $"Cyclone DDS {DdsLibrary.Version}" };
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            using var participant = await Task.Run(() => new DdsParticipant(options, "check"));
            // Whoever finds the writer within the time to look around gets the message.
            var writer = participant.CreateWriter(RosNames.MangleTopic(Topic), "std_msgs::msg::dds_::String_", new WriterQos { IsTransientLocal = true }, "");
            found = found with { Connect = TimeProvider.System.GetElapsedTime(started) };
            started = TimeProvider.System.GetTimestamp();
            DdsException.ThrowIfFailed(writer.Write(Text("This is a check of the endpoint by SimulationManager.")), $"no message can be published on {Topic}");
            found = found with { Topic = Topic, Publish = TimeProvider.System.GetElapsedTime(started) };
            await Task.Delay(LookAround);
            var others = participant.Others();
            return found with { Participants = others.Foreign + others.Simulations.Count };
        }
        catch (DdsException exception)
        {
            return found with { Error = exception.Message };
        }
    }

    private static byte[] Text(string text) => [0, 1, 0, 0, .. BitConverter.GetBytes(text.Length + 1), .. Encoding.ASCII.GetBytes(text), 0];
}
