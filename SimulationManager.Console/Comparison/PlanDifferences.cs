using System.Text.Json;

namespace SimulationManager.Console.Comparison;

/// <summary>A field in which two plans differ.</summary>
/// <param name="Field">As the API names it, such as <c>steps[1].playback.rate</c>; counted from 1.</param>
/// <param name="First">Of the first plan; null: it is not there.</param>
/// <param name="Second">Of the second plan; null: it is not there.</param>
internal sealed record PlanDifference(string Field, string? First, string? Second);

/// <summary>Compares two plans field by field, whatever fields there are.</summary>
internal static class PlanDifferences
{
    /// <summary>Names a group within its simulation; groups of two simulations never have the same.</summary>
    private const string GroupId = "groupId";

    public static IReadOnlyList<PlanDifference> Of(JsonElement first, JsonElement second, bool areOfOneSimulation)
    {
        var (before, after) = (FieldsOf(first), FieldsOf(second));
        return
        [
            .. before.Keys.Union(after.Keys)
                .Where(field => areOfOneSimulation || !field.EndsWith("." + GroupId, StringComparison.Ordinal))
                .Select(field => new PlanDifference(field, before.GetValueOrDefault(field), after.GetValueOrDefault(field)))
                .Where(difference => difference.First != difference.Second),
        ];
    }

    private static Dictionary<string, string> FieldsOf(JsonElement plan)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        Visit(plan, "");
        return fields;

        void Visit(JsonElement value, string path)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (var property in value.EnumerateObject()) Visit(property.Value, path.Length == 0 ? property.Name : $"{path}.{property.Name}");
                    break;
                case JsonValueKind.Array when value.EnumerateArray().Any(item => item.ValueKind is JsonValueKind.Object or JsonValueKind.Array):
                    foreach (var (index, item) in value.EnumerateArray().Index()) Visit(item, $"{path}[{index + 1}]");
                    break;
                case JsonValueKind.Array:
                    fields[path] = string.Join(", ", value.EnumerateArray());
                    break;
                default:
                    fields[path] = value.ToString();
                    break;
            }
        }
    }
}
