# Makes the database of a Redmine with people, rights and projects of a small help desk.
#   ruby redmine_seed.rb
# in Redmine's folder, with RAILS_ENV and REDMINE_INSTANCE. The keys are those of tests/psa/servers/redmine.py.

require File.expand_path("config/application", Dir.pwd)
Rails.application.load_tasks
ActiveRecord::Base.dump_schema_after_migration = false
ENV["VERBOSE"] = "false"
Rake::Task["db:migrate"].invoke
# Some were read before the last migration changed them.
ActiveRecord::Base.descendants.each(&:reset_column_information)
Redmine::DefaultData::Loader.load("en")

Setting.rest_api_enabled = "1"
Setting.default_language = "en"
Setting.text_formatting = "common_mark"

def user(login, first, last, hides_mail: false, **more)
  user = User.new(firstname: first, lastname: last, mail: "#{login}@desk.example", language: "en", **more)
  user.login = login
  user.password = user.password_confirmation = "of-the-tests-1"
  user.save!
  user.pref.update!(hide_mail: hides_mail, no_self_notified: "0")
  Token.create!(user: user, action: "api").update_column(:value, "keyof#{login}".ljust(40, "0"))
  user
end

def role(name, *permissions, **more)
  Role.create!(name: name, permissions: permissions, assignable: true, **more)
end

def join(project, user, role)
  Member.create!(project: project, principal: user, roles: [role])
end

TIME = %i[log_time view_time_entries]
desk = role("Engineer", :view_issues, :add_issues, :edit_issues, :add_issue_notes, *TIME)
reader = role("Customer", :view_issues)
all = %i[view_issues edit_issues add_issue_notes set_notes_private view_private_notes log_time_for_other_users]
full = role("FlowPilot", *all, *TIME)
few = role("Half a FlowPilot", :view_issues, :add_issue_notes, :log_time, :view_time_entries,
           time_entries_visibility: "own")
[desk, full].each do |role|
  WorkflowTransition.where(role_id: 3).each { |rule| rule.dup.tap { |copy| copy.role_id = role.id }.save! }
end

admin = User.find_by_login("admin")
admin.update!(must_change_passwd: false, language: "en")
admin.password = admin.password_confirmation = "of-the-tests-1"
admin.save!
Token.create!(user: admin, action: "api").update_column(:value, "keyofadmin".ljust(40, "0"))

alex = user("alex", "Alex", "Adler")
kim = user("kim", "Kim", "Krause")
shy = user("shy", "Shy", "Schmid", hides_mail: true)
gone = user("gone", "Gone", "Gruber")
gone.update!(mail: "Gone@Desk.Example")
carol = user("carol", "Carol", "Customer")
flowpilot = user("flowpilot", "Flow", "Pilot")
# Redmine shows this user the last note first, also over its interface.
flowpilot.pref.update!(comments_sorting: "desc")
limited = user("limited", "Limited", "Pilot")

acme = Project.create!(name: "Acme", identifier: "acme", is_public: false)
open = Project.create!(name: "Open house", identifier: "open-house", is_public: true)
[acme, open].each do |project|
  project.enabled_module_names = %w[issue_tracking time_tracking]
  project.trackers = Tracker.all
  project.save!
  [alex, kim, shy, gone].each { |engineer| join(project, engineer, desk) }
  join(project, carol, reader)
  join(project, flowpilot, full)
end
join(acme, limited, few)
gone.update!(status: Principal::STATUS_LOCKED)

# Time is booked without naming an activity where Redmine has a default one, as it is installed.
TimeEntryActivity.where(name: "Development").update_all(is_default: true)
fields = { field_format: "string", is_filter: true, visible: true }
TimeEntryCustomField.create!(name: "FlowPilot", **fields)
IssueCustomField.create!(name: "Customer", is_for_all: true, trackers: Tracker.all, **fields)
