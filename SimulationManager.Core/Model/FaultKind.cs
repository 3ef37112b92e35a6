using System.Text.Json.Serialization;

namespace SimulationManager.Core.Model;

/// <summary>What goes wrong with an agent's messages.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FaultKind>))]
public enum FaultKind
{
    /// <summary>They are lost.</summary>
    [JsonStringEnumMemberName(FaultWords.Drop)]
    Drop,

    /// <summary>They go out later.</summary>
    [JsonStringEnumMemberName(FaultWords.Delay)]
    Delay,

    /// <summary>They go out twice.</summary>
    [JsonStringEnumMemberName(FaultWords.Duplicate)]
    Duplicate,

    /// <summary>They go out after the next one.</summary>
    [JsonStringEnumMemberName(FaultWords.Reorder)]
    Reorder,

    /// <summary>The agent puts out nothing for a while.</summary>
    [JsonStringEnumMemberName(FaultWords.Freeze)]
    Freeze,

    /// <summary>The agent's connection is cut for a while.</summary>
    [JsonStringEnumMemberName(FaultWords.Disconnect)]
    Disconnect,
}

/// <summary>A <see cref="FaultKind"/> on the wire.</summary>
public static class FaultWords
{
    public const string Drop = "drop";
    public const string Delay = "delay";
    public const string Duplicate = "duplicate";
    public const string Reorder = "reorder";
    public const string Freeze = "freeze";
    public const string Disconnect = "disconnect";
}
