using System.Text.Json.Serialization;

namespace SimulationManager.Core.Model;

/// <summary>By which of its two times a message is played, in the words of <c>ros2 bag play --message-order</c>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MessageOrder>))]
public enum MessageOrder
{
    /// <summary>When the recorder received it.</summary>
    [JsonStringEnumMemberName(MessageOrderWords.Received)]
    Received,

    /// <summary>When it was published; where the storage does not keep that (sqlite3), when it was received.</summary>
    [JsonStringEnumMemberName(MessageOrderWords.Sent)]
    Sent,
}

/// <summary>A <see cref="MessageOrder"/> on the wire.</summary>
public static class MessageOrderWords
{
    public const string Received = "received";
    public const string Sent = "sent";
}
