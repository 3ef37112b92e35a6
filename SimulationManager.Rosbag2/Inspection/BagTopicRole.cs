namespace SimulationManager.Rosbag2;

/// <summary>What a topic carries.</summary>
public enum BagTopicKind
{
    /// <summary>Messages that nodes publish.</summary>
    Message,

    /// <summary>Requests and responses of a service, recorded by service introspection.</summary>
    ServiceEvent,

    /// <summary>A part of an action: its feedback, its status, or the events of one of its three services.</summary>
    Action,
}

/// <summary>
/// What a topic is to a service or an action, told by its name and type as rosbag2 does (<c>service_utils.cpp</c>, <c>action_utils.cpp</c>): a node's own topic
/// with such a name has another type.
/// </summary>
/// <param name="Kind">What the topic carries.</param>
/// <param name="Name">Name of the service or action (<c>/add_two_ints</c>); empty for messages.</param>
/// <param name="Type">Type of the service or action (<c>example_interfaces/srv/AddTwoInts</c>); empty for messages, and where the topic's type does not tell it.</param>
/// <param name="Part">Part of the action: <c>send_goal</c>, <c>cancel_goal</c>, <c>get_result</c>, <c>feedback</c> or <c>status</c>; else empty.</param>
public sealed record BagTopicRole(BagTopicKind Kind, string Name, string Type, string Part)
{
    private const string ServiceEvent = "/_service_event";
    private const string Action = "/_action/";
    private const string EventType = "_Event";

    private static readonly BagTopicRole s_message = new(BagTopicKind.Message, "", "", "");

    // The part of an action, how its topic's name goes on, and its type: the action's with an ending, or one of all actions.
    private static readonly (string Part, string Name, string Ending, string? OwnType)[] s_actionParts =
    [
        ("send_goal", "send_goal" + ServiceEvent, "_SendGoal" + EventType, null),
        ("cancel_goal", "cancel_goal" + ServiceEvent, "", "action_msgs/srv/CancelGoal" + EventType),
        ("get_result", "get_result" + ServiceEvent, "_GetResult" + EventType, null),
        ("feedback", "feedback", "_FeedbackMessage", null),
        ("status", "status", "", "action_msgs/msg/GoalStatusArray"),
    ];

    /// <summary>The role of a topic.</summary>
    /// <param name="name">The topic's name.</param>
    /// <param name="type">The topic's type.</param>
    public static BagTopicRole Of(string name, string type)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(type);
        foreach (var (part, topic, ending, ownType) in s_actionParts)
        {
            if (Before(name, Action + topic) is not { } action)
                continue;
            if (ownType == type)
                return new BagTopicRole(BagTopicKind.Action, action, "", part);
            if (ownType is null && Before(type, ending) is { } actionType && type.Contains("/action/", StringComparison.Ordinal))
                return new BagTopicRole(BagTopicKind.Action, action, actionType, part);
        }

        return Before(name, ServiceEvent) is { } service && Before(type, EventType) is { } serviceType && type.Contains("/srv/", StringComparison.Ordinal)
            ? new BagTopicRole(BagTopicKind.ServiceEvent, service, serviceType, "")
            : s_message;
    }

    /// <summary>What comes before an ending; null where that is nothing, or where the text ends otherwise.</summary>
    private static string? Before(string text, string ending) =>
        text.Length > ending.Length && text.EndsWith(ending, StringComparison.Ordinal) ? text[..^ending.Length] : null;
}
