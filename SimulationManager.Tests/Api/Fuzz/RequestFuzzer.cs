using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using SimulationManager.Api.OpenApi;

namespace SimulationManager.Tests.Api.Fuzz;

/// <summary>A request that was made up.</summary>
internal sealed record FuzzRequest(string OperationId, HttpRequestMessage Message, string Description);

/// <summary>Makes requests up from the OpenAPI document.</summary>
internal sealed class RequestFuzzer
{
    private static readonly string[] ContentTypes =
    [
        "text/plain", "application/xml", "application/json; charset=utf-16", "application/json; charset=none", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
        "application/octet-stream", "a/b/c", "",
    ];

    private readonly FuzzValues _values;
    private readonly JsonFuzzer _json;
    private readonly FormFuzzer _form;
    private readonly List<DocumentedOperation> _operations;
    private readonly string _token;

    public RequestFuzzer(JsonNode document, int seed, string token)
    {
        _values = new FuzzValues(new Random(seed));
        _json = new JsonFuzzer(document, _values);
        _form = new FormFuzzer(_values);
        _operations = [.. DocumentedOperation.Of(document)];
        _token = token;
    }

    public FuzzRequest Next()
    {
        var operation = _values.Pick(_operations);
        var path = operation.PathParameters.Aggregate(operation.Path, (address, name) => address.Replace($"{{{name}}}", _values.PathPart(), StringComparison.Ordinal)) + Query(operation);
        var message = new HttpRequestMessage(new HttpMethod(operation.Method), path);
        var body = Body(operation, message);
        AddHeaders(operation, message);
        return new FuzzRequest(operation.Id, message, $"{operation.Method} {path} {message.Content?.Headers.ContentType} {body} {HeadersOf(message)}");
    }

    private string Query(DocumentedOperation operation)
    {
        List<string> parts = [];
        foreach (var parameter in operation.QueryParameters.Where(_ => _values.Chance(0.6)))
            parts.Add($"{(string)parameter["name"]!}={Uri.EscapeDataString(_values.Chance(0.5) ? _values.Number() : _values.Text())}");
        if (_values.Chance(0.1)) parts.Add($"{Uri.EscapeDataString(_values.Text())}={Uri.EscapeDataString(_values.Text())}");
        if (parts.Count > 0 && _values.Chance(0.1)) parts.Add(parts[0]);
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private string Body(DocumentedOperation operation, HttpRequestMessage message)
    {
        if (_values.Chance(0.05))
        {
            message.Content = new ByteArrayContent(_values.Bytes(500));
            message.Content.Headers.TryAddWithoutValidation("Content-Type", _values.Chance(0.5) ? "application/json" : _values.Pick(ContentTypes));
            return "(random bytes)";
        }

        if (operation.FormFields is not null)
        {
            message.Content = _form.Body();
            return "(form)";
        }

        if (operation.Node["requestBody"]?["content"]?["application/json"]?["schema"] is not { } schema) return "";
        var text = _json.Body(schema);
        message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        message.Content.Headers.TryAddWithoutValidation("Content-Type", _values.Chance(0.95) ? "application/json" : _values.Pick(ContentTypes));
        return text.Length > 500 ? text[..500] + "…" : text;
    }

    private void AddHeaders(DocumentedOperation operation, HttpRequestMessage message)
    {
        if (_values.Chance(0.95)) message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        else message.Headers.TryAddWithoutValidation("Authorization", _values.Chance(0.5) ? $"Bearer {Plain(_values.Text())}" : Plain(_values.Text()));
        if (_values.Chance(0.1)) message.Headers.TryAddWithoutValidation("Accept-Language", _values.Chance(0.5) ? "ko" : Plain(_values.Text()));
        if (_values.Chance(0.1)) message.Headers.TryAddWithoutValidation("Cookie", $"refresh_token={Plain(_values.Text())}");
        if (operation.Id == "StreamEvents" && _values.Chance(0.5)) message.Headers.TryAddWithoutValidation("Last-Event-ID", Plain(_values.Number()));
    }

    /// <summary>The request's own headers but for the admin's token.</summary>
    private string HeadersOf(HttpRequestMessage message) =>
        string.Join("; ", message.Headers.NonValidated.Where(header => !header.Value.ToString().Contains(_token, StringComparison.Ordinal)).Select(header => $"{header.Key}: {header.Value}"));

    /// <summary>What HTTP lets stand in a header at all.</summary>
    private static string Plain(string text) => new([.. text.Where(character => character is > ' ' and < '\x7f').Take(500)]);
}
