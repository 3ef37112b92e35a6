using System.Text.Json.Nodes;

namespace SimulationManager.Hosting.Kubernetes.Helm;

/// <summary>
/// Places of an object that the values fill in, kept as strings that start with a character no manifest has, so that objects with them can be compared
/// like others.
/// </summary>
internal static class TemplateExpression
{
    private const char Scalar = '\u0001';
    private const char Optional = '\u0002';
    private const char Indexed = '\u0003';

    /// <summary>A value that is this template text.</summary>
    public static JsonNode Value(string text) => JsonValue.Create(Scalar + text);

    /// <summary>A value that is left out together with its key while the setting is empty.</summary>
    public static JsonNode OptionalValue(string setting) => JsonValue.Create(Optional + setting);

    /// <summary>A key that stands for one for each item of a list: <c>prefix0</c>, <c>prefix1</c>, ….</summary>
    public static string IndexedKey(string prefix) => Indexed + prefix;

    /// <summary>Whether a text is one of these.</summary>
    public static bool IsIn(string text) => text.Length > 0 && text[0] is Scalar or Optional or Indexed;

    /// <summary>The lines of an entry of a mapping, when its key or value is one of these.</summary>
    public static IReadOnlyList<string>? Lines(string indent, string key, JsonNode? value)
    {
        if (value is not JsonValue scalar || !scalar.TryGetValue<string>(out var text) || text.Length == 0) return null;
        return (key[0], text[0]) switch
        {
            (Indexed, _) => [$"{{{{- range $index, $item := {text} }}}}", $"{indent}{key[1..]}{{{{ $index }}}}: {{{{ $item | quote }}}}", "{{- end }}"],
            (_, Optional) => [$"{{{{- with {text[1..]} }}}}", $"{indent}{key}: {{{{ . | quote }}}}", "{{- end }}"],
            (_, Scalar) => [$"{indent}{key}: {text[1..]}"],
            _ => null,
        };
    }
}
