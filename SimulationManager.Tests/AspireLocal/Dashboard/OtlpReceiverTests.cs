using System.Net;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using OpenTelemetry.Proto.Collector.Trace.V1;
using OpenTelemetry.Proto.Logs.V1;
using static SimulationManager.Tests.AspireLocal.Dashboard.Telemetry;

namespace SimulationManager.Tests.AspireLocal.Dashboard;

/// <summary>What comes in through the OTLP doors, and what is kept out.</summary>
[Collection(nameof(DashboardCollection))]
public sealed class OtlpReceiverTests(SharedDashboard shared)
{
    private readonly DashboardProcess _dashboard = shared.Process;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grpc_takes_spans_plain_and_compressed(bool compressed)
    {
        using var client = new OtlpClient(_dashboard);
        var span = Span("GET /robots");

        await client.SendAsync(Traces($"grpc-{compressed}", span), Cancelled, compressed);

        var trace = await _dashboard.GetAsync($"/api/traces/{Hex(span.TraceId)}", Cancelled);
        Assert.Equal("GET /robots", trace.GetProperty("spans")[0].GetProperty("name").GetString());
        Assert.Equal(10, trace.GetProperty("spans")[0].GetProperty("durationMs").GetDouble(), 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Http_takes_protobuf_plain_and_compressed(bool compressed)
    {
        using var client = new OtlpClient(_dashboard);
        var service = $"http-{compressed}";

        using var response = await client.PostAsync("/v1/logs", Logs(service, Log("one"), Log("two")), Cancelled, compressed);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/x-protobuf", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(2, (await _dashboard.GetAsync($"/api/logs?resource={service}", Cancelled)).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Http_takes_json_with_hexadecimal_ids_numbers_as_text_and_fields_of_a_later_version()
    {
        using var client = new OtlpClient(_dashboard);
        const string request = """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"json"}}]},"scopeSpans":[{"scope":{"name":"s"},"spans":[
              {"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","name":"I am a span","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,"kind":2,
               "attributes":[{"key":"count","value":{"intValue":"7"}}],"addedInOtlpTwo":{"x":[1]}}]}]}]}
            """;

        using var response = await client.PostAsync("/v1/traces", Encoding.UTF8.GetBytes(request), "application/json; charset=utf-8", Cancelled);

        Assert.Equal("{}", (await response.Content.ReadAsStringAsync(Cancelled)).Replace(" ", "", StringComparison.Ordinal));
        var span = (await _dashboard.GetAsync("/api/traces/5b8efff798038103d269b633813fc60c", Cancelled)).GetProperty("spans")[0];
        Assert.Equal("eee19b7ec3c1b174", span.GetProperty("spanId").GetString());
        Assert.Equal("Server", span.GetProperty("kind").GetString());
        Assert.Equal(7, span.GetProperty("attributes").GetProperty("count").GetInt32());
        Assert.Equal(1000, span.GetProperty("durationMs").GetDouble());
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("wrong", "does not hold")]
    public async Task Nothing_comes_in_without_the_key(string? key, string reason)
    {
        using var client = new OtlpClient(_dashboard, key);
        var span = Span("secretly");

        var refused = await Assert.ThrowsAsync<RpcException>(() => client.SendAsync(Traces("nobody", span), Cancelled));
        using var response = await client.PostAsync("/v1/traces", Traces("nobody", span), Cancelled);

        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        using var missing = await _dashboard.Api.GetAsync($"/api/traces/{Hex(span.TraceId)}", Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Theory]
    [InlineData("application/x-protobuf", "0aff7f01", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "7b22", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "7b227265736f757263655370616e73223a37337d", HttpStatusCode.BadRequest)]
    [InlineData("text/plain", "61", HttpStatusCode.UnsupportedMediaType)]
    public async Task Malformed_bodies_are_refused_with_the_reason(string contentType, string hexadecimal, HttpStatusCode expected)
    {
        using var client = new OtlpClient(_dashboard);

        using var response = await client.PostAsync("/v1/traces", Convert.FromHexString(hexadecimal), contentType, Cancelled);

        Assert.Equal(expected, response.StatusCode);
        Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync(Cancelled));
    }

    [Fact]
    public async Task A_broken_gzip_stream_is_refused()
    {
        using var client = new OtlpClient(_dashboard);
        var body = OtlpClient.Compress(new byte[5_000]);

        using var content = new ByteArrayContent(body[..(body.Length / 2)]) { Headers = { { "Content-Type", "application/x-protobuf" }, { "Content-Encoding", "gzip" }, { "x-otlp-api-key", DashboardProcess.ApiKey } } };
        using var http = new HttpClient { BaseAddress = _dashboard.OtlpHttp };
        using var response = await http.PostAsync("/v1/traces", content, Cancelled);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_body_that_unpacks_to_more_than_the_limit_is_refused_and_the_dashboard_stays()
    {
        using var client = new OtlpClient(_dashboard);
        var bomb = Logs("bomb", Log(new string('a', 40 * 1024 * 1024)));

        using var response = await client.PostAsync("/v1/logs", bomb, Cancelled, compressed: true);
        var refused = await Assert.ThrowsAsync<RpcException>(() => client.SendAsync(Traces("bomb", Span(new string('a', 40 * 1024 * 1024))), Cancelled, compressed: true));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.True(_dashboard.IsAlive);
    }

    [Fact]
    public async Task Spans_without_a_valid_id_are_refused_and_the_others_taken()
    {
        using var client = new OtlpClient(_dashboard);
        var good = Span("good");
        var bad = Span("bad", trace: Google.Protobuf.ByteString.CopyFrom(new byte[16]));

        var response = await client.SendAsync(Traces("partial", good, bad), Cancelled);

        Assert.Equal(1, response.PartialSuccess.RejectedSpans);
        Assert.Contains("16 bytes", response.PartialSuccess.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(1, (await _dashboard.GetAsync("/api/traces?resource=partial", Cancelled)).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_span_that_ends_before_it_starts_has_no_length_and_says_so()
    {
        using var client = new OtlpClient(_dashboard);
        var span = Span("backwards", start: 100, end: 5);

        await client.SendAsync(Traces("backwards", span), Cancelled);

        var stored = (await _dashboard.GetAsync($"/api/traces/{Hex(span.TraceId)}", Cancelled)).GetProperty("spans")[0];
        Assert.Equal(0, stored.GetProperty("durationMs").GetDouble());
        Assert.Equal("ends before it starts", stored.GetProperty("problem").GetString());
    }

    [Fact]
    public async Task A_megabyte_attribute_is_cut_and_unknown_enum_values_are_taken_as_unspecified()
    {
        using var client = new OtlpClient(_dashboard);
        var span = Span("odd");
        span.Kind = (OpenTelemetry.Proto.Trace.V1.Span.Types.SpanKind)99;
        span.Status = new OpenTelemetry.Proto.Trace.V1.Status { Code = (OpenTelemetry.Proto.Trace.V1.Status.Types.StatusCode)77 };
        span.Attributes.Add(Attribute("big", new string('x', 1024 * 1024)));
        var log = Log("level 99");
        log.SeverityNumber = (SeverityNumber)99;

        await client.SendAsync(Traces("odd", span), Cancelled);
        await client.SendAsync(Logs("odd", log), Cancelled);

        var stored = (await _dashboard.GetAsync($"/api/traces/{Hex(span.TraceId)}", Cancelled)).GetProperty("spans")[0];
        Assert.Equal("Unspecified", stored.GetProperty("kind").GetString());
        Assert.Equal("Unset", stored.GetProperty("status").GetString());
        var big = stored.GetProperty("attributes").GetProperty("big").GetString()!;
        Assert.Equal(16_384, big.Length);
        Assert.EndsWith("…", big, StringComparison.Ordinal);
        Assert.Equal("Unspecified", (await _dashboard.GetAsync("/api/logs?resource=odd", Cancelled)).GetProperty("items")[0].GetProperty("level").GetString());
    }

    [Fact]
    public async Task Each_door_answers_only_what_belongs_to_it()
    {
        using var client = new OtlpClient(_dashboard);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("x-otlp-api-key", DashboardProcess.ApiKey);
        http.DefaultRequestHeaders.Add("x-api-key", DashboardProcess.Token);

        using var pageAtOtlp = await http.GetAsync(new Uri(_dashboard.OtlpHttp, "/api/status"), Cancelled);
        using var otlpAtFrontend = await http.PostAsync(new Uri(_dashboard.Frontend, "/v1/traces"), JsonContentOf(new ExportTraceServiceRequest()), Cancelled);

        Assert.Equal(HttpStatusCode.NotFound, pageAtOtlp.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, otlpAtFrontend.StatusCode);
    }

    [Fact]
    public async Task Logs_are_filtered_by_level_text_attribute_and_trace()
    {
        using var client = new OtlpClient(_dashboard);
        var trace = NewTraceId();
        var failing = Log("wheel blocked", SeverityNumber.Error);
        failing.TraceId = trace;
        failing.SpanId = NewSpanId();
        failing.Attributes.Add(Attribute("robot", "r7"));
        await client.SendAsync(Logs("filtered", Log("wheel turns"), failing, Log("battery low", SeverityNumber.Warn)), Cancelled);

        async Task<string[]> Messages(string filter) =>
            [.. (await _dashboard.GetAsync($"/api/logs?resource=filtered&{filter}", Cancelled)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty("message").GetString()!)];

        Assert.Equal(["wheel blocked"], await Messages("level=Error"));
        Assert.Equal(2, (await Messages("level=Warning")).Length);
        Assert.Equal(2, (await Messages("text=WHEEL")).Length);
        Assert.Equal(["wheel blocked"], await Messages("filter=robot%3Dr7"));
        Assert.Equal(["wheel blocked"], await Messages($"traceId={Hex(trace)}"));
        using var wrong = await _dashboard.Api.GetAsync("/api/logs?level=Loud", Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    private static StringContent JsonContentOf(ExportTraceServiceRequest request) => new(JsonSerializer.Serialize(request.ToString()), Encoding.UTF8, "application/json");
}
