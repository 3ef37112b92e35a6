using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimulationManager.Replay;
using SimulationManager.RosMessages;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Api;

/// <summary>A recording's messages as viewers are to get them.</summary>
internal sealed class RecordedMessages : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Recording _recording;
    private readonly ReplayTimeline _timeline;

    public RecordedMessages(string bag)
    {
        foreach (var file in Directory.EnumerateFiles(bag)) File.Copy(file, _folder[Path.GetFileName(file)]);
        _recording = Recording.Open(_folder.Path);
        _timeline = _recording.TimelineOf(_recording.Topics);
    }

    public IReadOnlyList<string> Topics => _timeline.Topics;

    /// <summary>Time of the first message of all, nanoseconds since 1970.</summary>
    public long Start => _timeline.Start;

    /// <summary>Whether messages of a topic can be decoded.</summary>
    public bool HasDefinition(string topic) => _timeline.SchemaOf(_timeline.Topics.ToList().IndexOf(topic)) is not null;

    /// <summary>The payloads of a topic in base64.</summary>
    public IEnumerable<string> BytesOf(string topic)
    {
        var index = _timeline.Topics.ToList().IndexOf(topic);
        return Enumerable.Range(0, _timeline.Count).Where(message => _timeline.TopicOf(message) == index)
            .Select(message => Convert.ToBase64String(_timeline.ReadPayloadAsync(message, CancellationToken.None).AsTask().GetAwaiter().GetResult()));
    }

    /// <summary>When the messages of a topic were recorded, nanoseconds from the first message of all.</summary>
    public IEnumerable<long> TimesOf(string topic)
    {
        var index = _timeline.Topics.ToList().IndexOf(topic);
        return Enumerable.Range(0, _timeline.Count).Where(message => _timeline.TopicOf(message) == index).Select(_timeline.PositionOf);
    }

    /// <summary>The messages of a topic: the payload in base64, and what is in it as text.</summary>
    public IEnumerable<(string Bytes, string Text)> Of(string topic)
    {
        var index = _timeline.Topics.ToList().IndexOf(topic);
        var codec = new MessageCodec(_timeline.SchemaOf(index)!);
        foreach (var message in Enumerable.Range(0, _timeline.Count).Where(message => _timeline.TopicOf(message) == index))
        {
            var payload = _timeline.ReadPayloadAsync(message, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            var json = new ArrayBufferWriter<byte>();
            codec.WriteJson(payload, json, JsonForm.Rosbridge);
            yield return (Convert.ToBase64String(payload), TextOf(JsonNode.Parse(json.WrittenSpan)!));
        }
    }

    /// <summary>What is in a payload of a topic, given in base64, as text.</summary>
    public string TextOf(string topic, string bytes)
    {
        var json = new ArrayBufferWriter<byte>();
        new MessageCodec(_timeline.SchemaOf(_timeline.Topics.ToList().IndexOf(topic))!).WriteJson(Convert.FromBase64String(bytes), json, JsonForm.Rosbridge);
        return TextOf(JsonNode.Parse(json.WrittenSpan)!);
    }

    /// <summary>A message as text, whoever wrote its JSON: numbers that are the same are written the same.</summary>
    public static string TextOf(JsonNode message) => message switch
    {
        JsonObject members => $"{{{string.Join(',', members.Select(member => $"{member.Key}:{(member.Value is null ? "null" : TextOf(member.Value))}"))}}}",
        JsonArray items => $"[{string.Join(',', items.Select(item => item is null ? "null" : TextOf(item)))}]",
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => ((double)value).ToString("R", CultureInfo.InvariantCulture),
        var value => value.ToJsonString(),
    };

    public void Dispose()
    {
        _recording.Dispose();
        _folder.Dispose();
    }
}
