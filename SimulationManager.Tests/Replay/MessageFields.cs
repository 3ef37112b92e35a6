using System.Globalization;
using SimulationManager.RosMessages;

namespace SimulationManager.Tests.Replay;

/// <summary>The fields of a decoded message by their paths (<c>transforms[0].header.stamp.sec</c>), for comparison one by one.</summary>
internal static class MessageFields
{
    public static Dictionary<string, object> Of(RosMessage message)
    {
        var fields = new Dictionary<string, object>(StringComparer.Ordinal);
        Add(message, "", fields);
        return fields;
    }

    /// <summary>The fields that differ, with both values.</summary>
    public static Dictionary<string, (object Before, object After)> Differences(RosMessage before, RosMessage after)
    {
        var (old, changed) = (Of(before), Of(after));
        Assert.Equal(old.Keys.Order(StringComparer.Ordinal), changed.Keys.Order(StringComparer.Ordinal));
        return old.Where(field => !field.Value.Equals(changed[field.Key])).ToDictionary(field => field.Key, field => (field.Value, changed[field.Key]));
    }

    private static void Add(object? value, string path, Dictionary<string, object> fields)
    {
        switch (value)
        {
            case RosMessage message:
                foreach (var field in message.Type.Fields) Add(message[field.Name], path.Length == 0 ? field.Name : $"{path}.{field.Name}", fields);
                break;
            case Array array:
                fields.Add($"{path}.length", array.Length);
                for (var i = 0; i < array.Length; i++) Add(array.GetValue(i), string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), fields);
                break;
            default:
                fields.Add(path, value ?? "none");
                break;
        }
    }
}
