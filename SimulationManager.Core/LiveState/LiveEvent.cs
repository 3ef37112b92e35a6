using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Core.LiveState;

/// <summary>Something that has happened to a run; fields that do not apply are absent.</summary>
public record LiveEvent
{
    /// <summary>Rises from event to event over all processes; 0 before it is published.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Id { get; init; }

    /// <summary>What it happened to and what it was, for example <c>step.completed</c>.</summary>
    public required string Type { get; init; }

    public required DateTimeOffset Time { get; init; }
    public required long SimulationId { get; init; }

    /// <summary>Absent for an agent that was added by hand.</summary>
    public long? ExecutionId { get; init; }

    public long? StepOrder { get; init; }
    public long? GroupId { get; init; }
    public long? InstanceId { get; init; }

    /// <summary>Percent, 0–100, one decimal.</summary>
    public double? Progress { get; init; }

    /// <summary>What failed, and why.</summary>
    public string? Error { get; init; }

    /// <summary>The event as readers get it: UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, EventJson.Default.LiveEvent);
}

/// <summary>Times on the wire: ISO 8601, UTC with <c>Z</c>, milliseconds.</summary>
internal sealed class EventTimeConverter : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, System.Globalization.CultureInfo.InvariantCulture));
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(EventTimeConverter)])]
[JsonSerializable(typeof(LiveEvent))]
[JsonSerializable(typeof(LiveEventEntry))]
internal sealed partial class EventJson : JsonSerializerContext;
