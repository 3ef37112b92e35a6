using System.Buffers.Binary;
using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.Core.Grains;
using SimulationManager.RosMessages;

namespace SimulationManager.Api.Viewing.Foxglove;

/// <summary>Commands of a run as services of type <c>std_srvs/srv/Trigger</c>. One call at a time.</summary>
internal sealed class FoxgloveServices(IViewedPlayback playback)
{
    /// <summary>The first byte of a call.</summary>
    public const byte Call = 2;

    private const byte Response = 3;
    private const string Type = "std_srvs/srv/Trigger", Encoding = "cdr";
    private const string ResponseDefinition = "bool success\nstring message";

    // Opcode, service, call, length of the encoding's name.
    private const int Header = 1 + (3 * sizeof(uint));

    private static readonly (string Name, Func<RunCommand> Command)[] s_services =
    [
        ("/pause", () => new RunCommand.Pause()), ("/resume", () => new RunCommand.Resume()), ("/play_next", () => new RunCommand.Release(1)), ("/stop", () => new RunCommand.Stop()),
    ];

    /// <summary>Tells of the services.</summary>
    public static JsonObject Advertise() => new()
    {
        ["op"] = "advertiseServices",
        ["services"] = new JsonArray([.. s_services.Select((service, index) => new JsonObject
        {
            ["id"] = index + 1,
            ["name"] = service.Name,
            ["type"] = Type,
            ["request"] = SchemaOf("_Request", ""),
            ["response"] = SchemaOf("_Response", ResponseDefinition),
            // As older clients read it.
            ["requestSchema"] = "",
            ["responseSchema"] = ResponseDefinition,
        })]),
    };

    /// <summary>Carries out a call.</summary>
    /// <param name="frame">The call.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The answer, as one of both: a binary frame, or an operation that says that there is no such service. Neither: it is no call.</returns>
    public async Task<(byte[]? Frame, JsonObject? Failure)> AnswerAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        if (frame.Length < Header) return (null, null);
        var service = BinaryPrimitives.ReadUInt32LittleEndian(frame.Span[1..]);
        var call = BinaryPrimitives.ReadUInt32LittleEndian(frame.Span[5..]);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(frame.Span[9..]);
        if (length > frame.Length - Header) return (null, null);
        if (!frame.Span.Slice(Header, (int)length).SequenceEqual("cdr"u8)) return (null, Failure(service, call, $"calls are encoded as {Encoding}"));
        if (service == 0 || service > s_services.Length) return (null, Failure(service, call, $"there is no service {service}"));
        var problem = await playback.TryAsync(s_services[service - 1].Command(), cancellationToken);
        return (Answer(service, call, problem), null);
    }

    private static byte[] Answer(uint service, uint call, string? problem)
    {
        var writer = new CdrWriter();
        writer.Write(problem is null ? (byte)1 : (byte)0);
        writer.WriteString(problem ?? "");
        var frame = new byte[Header + Encoding.Length + writer.Message.Length];
        frame[0] = Response;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(1), service);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(5), call);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(9), (uint)Encoding.Length);
        "cdr"u8.CopyTo(frame.AsSpan(Header));
        writer.Message.CopyTo(frame.AsSpan(Header + Encoding.Length));
        return frame;
    }

    private static JsonObject Failure(uint service, uint call, string message) => new() { ["op"] = "serviceCallFailure", ["serviceId"] = service, ["callId"] = call, ["message"] = message };

    private static JsonObject SchemaOf(string suffix, string definition) =>
        new() { ["encoding"] = Encoding, ["schemaName"] = $"{Type}{suffix}", ["schemaEncoding"] = "ros2msg", ["schema"] = definition };
}
