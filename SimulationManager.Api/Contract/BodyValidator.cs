using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Api.Contract;

/// <summary>Marks the records that requests carry: the validator checks them, and parts of them, by their annotations.</summary>
public interface IRequestBody;

/// <summary>A body with rules that no annotation can say.</summary>
public interface IChecksItself : IRequestBody
{
    /// <summary>Adds what is wrong; called only when all annotated rules of this object hold.</summary>
    /// <param name="path">Where this object is in the request: empty, or ending with a dot.</param>
    /// <param name="problems">Gets what is wrong.</param>
    void Check(string path, ICollection<FieldProblem> problems);
}

/// <summary>
/// Checks request bodies by the same annotations that the OpenAPI document is made from, so that the two cannot disagree.
/// </summary>
public static class BodyValidator
{
    private static readonly ConcurrentDictionary<Type, Member[]> MembersByType = new();

    /// <summary>Everything that is wrong with a body; empty when it is valid.</summary>
    public static IReadOnlyList<FieldProblem> Check(IRequestBody body)
    {
        List<FieldProblem> problems = [];
        CheckObject(body, "", problems);
        return problems;
    }

    private static void CheckObject(IRequestBody body, string path, List<FieldProblem> problems)
    {
        var before = problems.Count;
        foreach (var member in MembersByType.GetOrAdd(body.GetType(), MembersOf))
            CheckMember(member, member.Property.GetValue(body), path + member.Name, problems);
        if (problems.Count == before && body is IChecksItself own) own.Check(path, problems);
    }

    private static void CheckMember(Member member, object? value, string field, List<FieldProblem> problems)
    {
        foreach (var rule in member.Rules)
        {
            if (ProblemOf(rule, value, field) is not { } problem) continue;
            problems.Add(problem);
            return;
        }

        switch (value)
        {
            case string text when !IsStorable(text):
                problems.Add(new FieldProblem(field, Messages.FieldCharacters));
                break;
            case IRequestBody part:
                CheckObject(part, field + ".", problems);
                break;
            case IList list:
                CheckItems(list, field, problems);
                break;
        }
    }

    private static void CheckItems(IList list, string field, List<FieldProblem> problems)
    {
        for (var index = 0; index < list.Count; index++)
        {
            var item = $"{field}[{index}]";
            if (list[index] is null) problems.Add(new FieldProblem(item, Messages.FieldRequired));
            else if (list[index] is IRequestBody part) CheckObject(part, item + ".", problems);
            else if (list[index] is string text && !IsStorable(text)) problems.Add(new FieldProblem(item, Messages.FieldCharacters));
        }
    }

    private static FieldProblem? ProblemOf(ValidationAttribute rule, object? value, string field) => (rule, value) switch
    {
        (RequiredAttribute, null) => new FieldProblem(field, Messages.FieldRequired),
        (RequiredAttribute { AllowEmptyStrings: false }, string text) when string.IsNullOrWhiteSpace(text) =>
            new FieldProblem(field, Messages.FieldBlank),
        (_, null) => null,
        (StringLengthAttribute length, string text) when CharactersOf(text) is var count && (count > length.MaximumLength || count < length.MinimumLength) =>
            new FieldProblem(field, Messages.FieldLength, length.MinimumLength, length.MaximumLength),
        (RangeAttribute range, _) when !range.IsValid(value) => new FieldProblem(field, Messages.FieldRange, range.Minimum, range.Maximum),
        (AllowedValuesAttribute allowed, _) when !allowed.Values.Contains(value) =>
            new FieldProblem(field, Messages.FieldOneOf, string.Join(", ", allowed.Values)),
        (LengthAttribute length, ICollection items) when items.Count < length.MinimumLength || items.Count > length.MaximumLength =>
            new FieldProblem(field, Messages.FieldItems, length.MinimumLength, length.MaximumLength),
        _ => null,
    };

    /// <summary>Characters as a person and PostgreSQL count them: an emoji is one.</summary>
    private static int CharactersOf(string text) => text.EnumerateRunes().Count();

    /// <summary>PostgreSQL text holds neither U+0000 nor half a surrogate pair.</summary>
    private static bool IsStorable(string text)
    {
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '\0') return false;
            if (!char.IsSurrogate(text[index])) continue;
            if (!char.IsSurrogatePair(text, index)) return false;
            index++;
        }

        return true;
    }

    private static Member[] MembersOf(Type type) =>
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
            .Select(property => new Member(
                property,
                property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name),
                [.. property.GetCustomAttributes<ValidationAttribute>().OrderByDescending(rule => rule is RequiredAttribute)])),
    ];

    private sealed record Member(PropertyInfo Property, string Name, ValidationAttribute[] Rules);
}

/// <summary>Runs <see cref="BodyValidator"/> before every handler that takes a body.</summary>
internal static class BodyValidationFilter
{
    public static EndpointFilterDelegate Create(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        var position = Array.FindIndex(
            context.MethodInfo.GetParameters(), parameter => typeof(IRequestBody).IsAssignableFrom(parameter.ParameterType));
        if (position < 0) return next;
        return invocation =>
        {
            var problems = BodyValidator.Check(invocation.GetArgument<IRequestBody>(position));
            if (problems.Count > 0) throw Refuse.Invalid(problems);
            return next(invocation);
        };
    }
}
