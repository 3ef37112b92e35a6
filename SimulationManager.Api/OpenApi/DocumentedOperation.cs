using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SimulationManager.Api.OpenApi;

/// <summary>One operation of an OpenAPI document, as clients' files need it.</summary>
/// <param name="Path">With its parameters in braces.</param>
/// <param name="Method">Upper case.</param>
/// <param name="Node">The operation itself.</param>
internal sealed partial record DocumentedOperation(string Path, string Method, JsonNode Node)
{
    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete"];

    public string Id => (string)Node["operationId"]!;
    public string Summary => (string)Node["summary"]!;
    public string Tag => (string)Node["tags"]![0]!;

    /// <summary>Whether it takes an access token.</summary>
    public bool NeedsToken => Node["security"]?.AsArray().Any(requirement => requirement!.AsObject().ContainsKey(ApiDocument.BearerScheme)) == true;

    public JsonNode? JsonExample => Node["requestBody"]?["content"]?["application/json"]?["example"];

    public JsonObject? FormFields => Node["requestBody"]?["content"]?["multipart/form-data"]?["schema"]?["properties"]?.AsObject();

    public IEnumerable<string> PathParameters => Braces().Matches(Path).Select(match => match.Groups[1].Value);

    public IEnumerable<JsonNode> QueryParameters =>
        (Node["parameters"]?.AsArray() ?? []).OfType<JsonNode>().Where(parameter => (string)parameter["in"]! == "query");

    public static IEnumerable<DocumentedOperation> Of(JsonNode document) =>
        from path in document["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        where Methods.Contains(method.Key)
        select new DocumentedOperation(path.Key, method.Key.ToUpperInvariant(), method.Value!);

    [GeneratedRegex("{([^}]+)}")]
    private static partial Regex Braces();
}
