using System.Reflection;
using System.Text;

namespace SimulationManager.Tests.Api.Coverage;

/// <summary>Every row of the contract has a test; which ones is written to <c>docs/api-coverage.md</c>.</summary>
public class ContractCoverageTests
{
    private sealed record Row(string Id, string Text)
    {
        public string Section => Id.Split('/')[0];
    }

    [Fact]
    public void Every_row_of_the_contract_has_a_test_and_every_test_names_a_row_that_there_is()
    {
        var tests = TestsByRow();
        var rows = Rows().Select(row => row.Id).ToList();

        Assert.Equal(rows.Count, rows.Distinct().Count());
        Assert.Empty(rows.Except(tests.Keys));
        Assert.Empty(tests.Keys.Except(rows));
    }

    [Fact]
    public Task The_list_of_rows_and_tests_is_up_to_date() => GeneratedFile.AgreeAsync("docs/api-coverage.md", Write());

    private static string Write()
    {
        var tests = TestsByRow();
        var text = new StringBuilder("# What proves the REST contract\n\nGenerated from `contract-rows.tsv` and the tests' `[Contract]` attributes; every test asks over HTTP.\n");
        foreach (var section in Rows().GroupBy(row => row.Section))
        {
            text.Append('\n').Append("## ").Append(section.Key).Append("\n\n| row | tests |\n| --- | --- |\n");
            foreach (var row in section)
                text.Append("| ").Append(row.Text.Replace("|", "\\|", StringComparison.Ordinal)).Append(" | ").AppendJoin("<br>", tests.GetValueOrDefault(row.Id) ?? []).Append(" |\n");
        }

        return text.ToString();
    }

    private static List<Row> Rows() =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "SimulationManager.Tests", "Api", "Coverage", "contract-rows.tsv"))
            .Where(line => line.Length > 0)
            .Select(line => line.Split('\t'))
            .Select(cells => new Row(cells[0], cells[1])),
    ];

    private static Dictionary<string, List<string>> TestsByRow()
    {
        var tests = from type in typeof(ContractCoverageTests).Assembly.GetTypes()
                    from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                    where method.GetCustomAttributes<FactAttribute>().Any()
                    from row in RowsOf(type).Concat(RowsOf(method)).Distinct()
                    orderby type.Name, method.Name
                    select (row, name: $"{type.Name}.{method.Name}");
        return tests.GroupBy(test => test.row).ToDictionary(group => group.Key, group => group.Select(test => test.name).Distinct().ToList());
    }

    private static IEnumerable<string> RowsOf(MemberInfo member) => member.GetCustomAttribute<ContractAttribute>()?.Rows ?? [];
}
